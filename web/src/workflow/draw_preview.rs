//! The paper as it will be, with DRAFT across it and no code.

use pdf::form::DocumentContent;

use crate::problem::{Problem, chain};

/// Draws the preview, away from the threads that answer requests.
pub(crate) async fn draw(content: DocumentContent) -> Result<Vec<u8>, Problem> {
    let drawn = tokio::task::spawn_blocking(move || pdf::draw::preview(&content)).await;
    match drawn {
        Ok(Ok(file)) => Ok(file),
        Ok(Err(error)) => {
            tracing::info!(error = %chain(&error), "a preview cannot be drawn");
            Err(Problem::new(
                axum::http::StatusCode::UNPROCESSABLE_ENTITY,
                ("ยังวาดตัวอย่างไม่ได้", "The preview cannot be drawn yet"),
                ("โปรดตรวจข้อมูลในแบบฟอร์ม แล้วเปิดตัวอย่างอีกครั้ง", "Check the form's answers, then open the preview again."),
            ))
        }
        Err(error) => {
            tracing::error!(%error, "the drawing task failed");
            Err(Problem::internal())
        }
    }
}
