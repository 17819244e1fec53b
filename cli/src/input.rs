//! Reading what a person gives. A thread of its own reads, so that a signal is heard meanwhile.

use std::{
    fs::File,
    io::{self, BufRead as _, Read},
    path::Path,
};

use tokio::sync::oneshot;

/// Longest text, in bytes.
const TEXT_MAX: u64 = 1024 * 1024;

/// The text of a file; `-` is stdin.
///
/// # Errors
/// When it cannot be read, is too long, or is no UTF-8.
pub async fn text(path: &Path) -> io::Result<String> {
    let path = path.to_owned();
    aside(move || match path.as_os_str() == "-" {
        true => whole(io::stdin()),
        false => whole(File::open(path)?),
    })
    .await
}

/// One line of stdin, without its end.
///
/// # Errors
/// When it cannot be read.
pub async fn line() -> io::Result<String> {
    aside(|| {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    })
    .await
}

fn whole(reader: impl Read) -> io::Result<String> {
    let mut text = String::new();
    reader.take(TEXT_MAX + 1).read_to_string(&mut text)?;
    match text.len() as u64 > TEXT_MAX {
        true => Err(io::Error::other("it has more than 1 MiB")),
        false => Ok(text),
    }
}

/// The thread ends with the process where nobody waits for it any more.
async fn aside<T: Send + 'static>(
    read: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let (tell, told) = oneshot::channel();
    std::thread::Builder::new()
        .name("input".into())
        .spawn(move || {
            // Nobody may want to know any more.
            let _unread = tell.send(read());
        })?;
    let lost = |_| io::Error::other("the thread that reads has ended");
    told.await.map_err(lost)?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::folder::Folder;

    #[tokio::test]
    async fn a_file_is_read_whole_unless_it_is_no_text() {
        let folder = Folder::create(&std::env::temp_dir()).unwrap();
        let path = folder.path().join("job.yaml");
        std::fs::write(&path, "name: ä\n").unwrap();
        assert_eq!(text(&path).await.unwrap(), "name: ä\n");
        std::fs::write(&path, b"\xff").unwrap();
        assert!(text(&path).await.is_err());
        std::fs::write(&path, vec![b'x'; 1024 * 1024 + 1]).unwrap();
        let error = text(&path).await.unwrap_err();
        assert!(error.to_string().contains("1 MiB"), "{error}");
        assert!(text(Path::new("/nowhere")).await.is_err());
        folder.remove().unwrap();
    }
}
