//! Each second: gives places to the ledger's new entries and has a checkpoint signed over them.

use std::time::Duration;

use ledger::Tree;
use store::ids::micros;
use store::ledger::{CheckpointRow, Reach};

use crate::app::App;
use crate::error::Error;
use crate::problem::chain;

const PAUSE: Duration = Duration::from_secs(1);

/// Entries given a place in one step.
const STEP: i64 = 500;

/// Runs for ever. One node of several has the lease; the others look on.
pub(crate) async fn run(app: App) {
    let holder = app.randomness().token();
    let mut sequencer = Sequencer { app, holder, tree: Tree::default() };
    let mut failing = false;
    loop {
        tokio::time::sleep(PAUSE).await;
        match sequencer.step().await {
            Ok(()) => failing = false,
            // Said once, not each second.
            Err(error) if !failing => {
                tracing::warn!(error = %chain(&error), "the ledger is not sequenced now");
                failing = true;
            }
            Err(_) => {}
        }
    }
}

struct Sequencer {
    app: App,
    holder: String,
    /// The tree over the entries read so far.
    tree: Tree,
}

impl Sequencer {
    async fn step(&mut self) -> Result<(), Error> {
        let mut tx = self.app.portal().begin_write().await.map_err(Error::Portal)?;
        let given = tx.sequence_next(&self.holder, self.app.now(), STEP).await.map_err(Error::Portal)?;
        tx.commit().await.map_err(Error::Portal)?;
        if given.is_some() && self.is_unsigned().await? {
            self.sign().await?;
        }
        Ok(())
    }

    /// Reads on; whether no checkpoint covers all of it yet.
    async fn is_unsigned(&mut self) -> Result<bool, Error> {
        loop {
            let mut tx = self.app.portal().begin().await.map_err(Error::Portal)?;
            match tx.grow(&mut self.tree).await.map_err(Error::Portal)? {
                Reach::Part => {}
                Reach::Unsigned => return Ok(true),
                Reach::Signed => return Ok(false),
            }
        }
    }

    async fn sign(&self) -> Result<(), Error> {
        let (size, root) = (self.tree.size(), self.tree.root());
        let note = self.app.signer().checkpoint(size, &root).await?;
        let row = CheckpointRow {
            size: i64::try_from(size).map_err(|_| Error::Stored("checkpoint.size"))?,
            root: root.to_vec(),
            note,
            at: micros(self.app.now()),
        };
        let mut tx = self.app.portal().begin_write().await.map_err(Error::Portal)?;
        tx.add_checkpoint(&row).await.map_err(Error::Portal)?;
        tx.commit().await.map_err(Error::Portal)
    }
}
