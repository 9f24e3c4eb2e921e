//! The papers that wait on a page, drawn by the signer from the content in the ticket: pictures
//! to look at, and the same as PDF. Hundreds on one page are drawn as they come into sight.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use pdf::form::DocumentContent;
use time::OffsetDateTime;
use tokio::sync::Semaphore;

use crate::core::Core;
use crate::protocol::Refusal;
use crate::tickets::MAX_DOCUMENTS;
use crate::web;

/// Documents kept opened: four of the largest pages.
const MOST_OPENED: usize = 4 * MAX_DOCUMENTS;

/// Papers drawn or about to be; who scrolls fast waits, and signing waits for no more than these.
const DRAWN_AT_ONCE: usize = 2;

/// Documents of open pages, so that not each picture opens the whole ticket again. What is no
/// longer open is not asked for here.
pub(crate) struct ShownPapers {
    opened: Mutex<VecDeque<Opened>>,
    drawing: Semaphore,
}

struct Opened {
    ticket_hash: String,
    ends: OffsetDateTime,
    documents: Arc<[DocumentContent]>,
}

impl Default for ShownPapers {
    fn default() -> Self {
        Self { opened: Mutex::default(), drawing: Semaphore::new(DRAWN_AT_ONCE) }
    }
}

impl ShownPapers {
    fn find(&self, ticket_hash: &str, now: OffsetDateTime) -> Option<Arc<[DocumentContent]>> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.retain(|entry| entry.ends > now);
        opened.iter().find(|entry| entry.ticket_hash == ticket_hash).map(|entry| Arc::clone(&entry.documents))
    }

    fn keep(&self, ticket_hash: &str, ends: OffsetDateTime, documents: &Arc<[DocumentContent]>) {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.retain(|entry| entry.ticket_hash != ticket_hash);
        opened.push_back(Opened { ticket_hash: ticket_hash.to_owned(), ends, documents: Arc::clone(documents) });
        while opened.iter().map(|entry| entry.documents.len()).sum::<usize>() > MOST_OPENED {
            opened.pop_front();
        }
    }
}

impl Core {
    /// The documents on an open page.
    pub(crate) async fn shown_documents(&self, ticket: &str) -> Result<Arc<[DocumentContent]>, Refusal> {
        let row = self.ticket_row(ticket).await?;
        let ends = store::ids::instant(row.expires_at);
        if row.state != "open" || self.now() >= ends {
            return Err(Refusal::TicketOver);
        }
        if let Some(documents) = self.shown.find(&row.ticket_hash, self.now()) {
            return Ok(documents);
        }
        let hash = row.ticket_hash.clone();
        let documents: Arc<[DocumentContent]> = self.open_ticket(row).await?.documents().into();
        self.shown.keep(&hash, ends, &documents);
        Ok(documents)
    }

    /// The pictures of one paper's pages (SVG).
    pub(crate) async fn pictures(&self, content: DocumentContent) -> Result<Vec<String>, Refusal> {
        self.draw(move || pdf::draw::pictures(&content)).await
    }

    async fn draw<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, pdf::draw::Error> + Send + 'static,
    ) -> Result<T, Refusal> {
        let _turn = self.shown.drawing.acquire().await.map_err(|_| Refusal::Internal)?;
        self.compute(work).await?.map_err(|error| {
            tracing::error!(error = %error, "a paper cannot be drawn");
            Refusal::Internal
        })
    }
}

/// `GET /a/<ticket>/<place>.pdf`, `<place>.svg` (its first page), `<place>-<page>.svg`.
pub(crate) async fn paper(State(core): State<Arc<Core>>, Path((ticket, name)): Path<(String, String)>) -> Response {
    let drawn = async {
        let (name, kind) = name.rsplit_once('.').ok_or(Refusal::NotFound)?;
        let (place, page) = name.split_once('-').unwrap_or((name, "0"));
        let place: usize = place.parse().map_err(|_| Refusal::NotFound)?;
        let page: usize = page.parse().map_err(|_| Refusal::NotFound)?;
        let documents = core.shown_documents(&ticket).await?;
        let content = documents.get(place).cloned().ok_or(Refusal::NotFound)?;
        match kind {
            "pdf" => Ok(("application/pdf", core.draw(move || pdf::draw::preview(&content)).await?)),
            "svg" => {
                let picture = core.pictures(content).await?.into_iter().nth(page).ok_or(Refusal::NotFound)?;
                Ok(("image/svg+xml", picture.into_bytes()))
            }
            _ => Err(Refusal::NotFound),
        }
    };
    match drawn.await {
        Ok((kind, bytes)) => {
            ([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, "inline")], bytes).into_response()
        }
        Err(refusal) => web::status(&refusal).into_response(),
    }
}
