//! Writes every sample page as HTML into the folder named on the command line, to be looked at.

use std::error::Error;
use std::path::PathBuf;

use web::pages::{Lang, samples};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).ok_or("name a folder")?;
    std::fs::create_dir_all(&folder)?;
    for lang in [Lang::Th, Lang::En] {
        for (name, html) in samples(lang)? {
            std::fs::write(folder.join(format!("{name}.{}.html", lang.tag())), html)?;
        }
    }
    Ok(())
}
