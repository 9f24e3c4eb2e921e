//! Asking the token: on a thread that may block, or, for signatures, on none.

use std::time::Duration;

use hsm::Token;

use crate::core::token_refusal;
use crate::protocol::Refusal;

/// Asks the token on a thread where it may block.
pub(crate) async fn ask<T: Send + 'static>(
    token: &Token,
    question: impl FnOnce(&Token) -> Result<T, hsm::Error> + Send + 'static,
) -> Result<T, Refusal> {
    ask_token(token, question).await.map_err(|error| token_refusal(&error))
}

/// The same, with the token's own word for what is wrong.
pub(crate) async fn ask_token<T: Send + 'static>(
    token: &Token,
    question: impl FnOnce(&Token) -> Result<T, hsm::Error> + Send + 'static,
) -> Result<T, hsm::Error> {
    let token = token.clone();
    let asked = tokio::task::spawn_blocking(move || question(&token)).await;
    // Only a panic or the runtime's end gets here.
    asked.unwrap_or_else(|_| Err(hsm::Error::Unreachable("the asking thread ended".into())))
}

/// Where a session's thread leaves what the token gave.
pub(crate) type Answer<T> = tokio::sync::oneshot::Sender<Result<T, hsm::Error>>;

/// Asks the token and waits on no thread: a thread between this task and the session's would have to be
/// woken twice for each signature.
pub(crate) async fn answered<T>(
    patience: Duration,
    ask: impl FnOnce(Answer<T>) -> Result<(), hsm::Error>,
) -> Result<T, hsm::Error> {
    let (answer, told) = tokio::sync::oneshot::channel();
    ask(answer)?;
    match tokio::time::timeout(patience, told).await {
        Ok(Ok(given)) => given,
        // Dropped unasked, or late.
        Ok(Err(_)) | Err(_) => Err(hsm::Error::Timeout(patience)),
    }
}

/// Unwraps a doctor's key for these digests, which are on record, and signs them in their order.
pub(crate) async fn sign_with_wrapped(
    token: &Token,
    epoch: u32,
    wrapped: &[u8],
    scheme: hsm::SignatureScheme,
    digests: Vec<Vec<u8>>,
) -> Result<Vec<Vec<u8>>, hsm::Error> {
    let patience = token.patience(scheme, digests.len());
    let ask = |answer: Answer<_>| {
        token.sign_with_wrapped_then(epoch, wrapped, scheme, digests, move |signed| drop(answer.send(signed)))
    };
    answered(patience, ask).await
}
