//! `cargo run -p docgen` brings `plugins/modules/*.py` up to date.

fn main() -> std::io::Result<()> {
    for (path, page) in docgen::pages() {
        std::fs::write(path, page)?;
    }
    Ok(())
}
