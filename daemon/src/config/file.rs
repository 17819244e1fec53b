//! The settings as a file: there, readable, private, JSON with comments.

use std::{
    fs::File,
    io::{ErrorKind, Read as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use jsonc_parser::{ParseOptions, parse_to_serde_value};
use serde_json::{Map, Value};

use super::{fault, files, secrets};
use crate::model::{Fault, FaultKind};

const WHERE: &str =
    "write one (README, \"With a real account\") or name another with ALIYUN_PAI_SETTINGS_PATH";

/// Larger files are none of settings.
const MOST_BYTES: u64 = 1 << 20;

pub(super) fn read(path: &Path) -> Result<String, Fault> {
    let refused = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => Fault::new(
            FaultKind::Settings,
            format!("there is no settings file at {}", path.display()),
        )
        .hint(WHERE),
        ErrorKind::PermissionDenied => fault(path, "may not be read by this user").hint(format!(
            "chown it to yourself, then chmod 600 {}",
            path.display()
        )),
        ErrorKind::InvalidData => fault(path, "is not UTF-8 text"),
        _ => fault(path, error).hint(WHERE),
    };
    // A pipe in its place must not be waited for.
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    let file = File::options().read(true).custom_flags(flags).open(path);
    let file = file.map_err(refused)?;
    let meta = file.metadata().map_err(refused)?;
    if !meta.is_file() {
        return Err(fault(path, "is not a file").hint(WHERE));
    }
    let mut text = String::new();
    let most = MOST_BYTES + 1;
    file.take(most).read_to_string(&mut text).map_err(refused)?;
    match text.len() as u64 {
        most_bytes if most_bytes < most => Ok(text),
        _ => Err(fault(path, "is larger than 1 MiB").hint(WHERE)),
    }
}

/// JSON, with comments and trailing commas as the seed's README shows them.
pub(super) const FORM: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_trailing_commas: true,
    allow_loose_object_property_names: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

pub(super) fn parse(path: &Path, text: &str) -> Result<Map<String, Value>, Fault> {
    // Editors of some systems begin a text with a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let value: Value = parse_to_serde_value(text, &FORM).map_err(|error| {
        // Only the place: the parser's own words may quote the line, and the line may hold the key.
        let (line, column) = (error.line_display(), error.column_display());
        fault(
            path,
            format!("is not valid JSON at line {line}, column {column}"),
        )
        .hint("comments and trailing commas are allowed; check brackets, quotes and commas there")
    })?;
    match value {
        Value::Object(map) => Ok(map),
        _ => Err(fault(path, "must hold one JSON object")),
    }
}

/// Whoever may write our own file may send the key to an endpoint of his own, and allow tools everything.
pub(super) fn refuse_if_others_write(path: &Path) -> Result<(), Fault> {
    let mode = files::mode(path)?;
    if mode & 0o022 != 0 {
        return Err(
            fault(path, format!("may be written by others (mode {mode:03o})"))
                .hint(format!("chmod 600 {}", path.display())),
        );
    }
    Ok(())
}

/// A file that holds a key must be its owner's alone.
pub(super) fn refuse_if_open(path: &Path) -> Result<(), Fault> {
    let mode = files::mode(path)?;
    if mode & 0o077 != 0 {
        return Err(fault(
            path,
            format!("holds a key and is open to others (mode {mode:03o})"),
        )
        .hint(format!("chmod 600 {}", path.display())));
    }
    Ok(())
}

/// Told where our own file holds secrets and is open to others.
pub(super) fn open_secrets(
    path: Option<&Path>,
    document: &Map<String, Value>,
) -> Result<Option<String>, Fault> {
    let Some(path) = path else {
        return Ok(None);
    };
    let mut found = Vec::new();
    secrets::collect(&Value::Object(document.clone()), &mut found);
    let mode = files::mode(path)?;
    Ok((!found.is_empty() && mode & 0o077 != 0).then(|| {
        format!(
            "{0} holds secrets and is open to others (mode {mode:03o}): chmod 600 {0}",
            path.display()
        )
    }))
}
