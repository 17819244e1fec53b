//! Amounts of compute as the API writes them: "8", "500m", "32Gi".
//!
//! Arithmetic is exact: digits are read as integers and scaled, never through floating point.

/// Why a text is not an amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// Nothing but spaces.
    #[error("empty amount")]
    Empty,
    /// The number part is not a plain decimal number.
    #[error("not a number: {0:?}")]
    NotANumber(String),
    /// A number, followed by something that is not a unit of this kind of amount.
    #[error("unknown unit in {0:?}")]
    UnknownUnit(String),
    /// A number without a unit where none is documented.
    #[error("no unit in {0:?}")]
    NoUnit(String),
    /// Larger than this program can count.
    #[error("too large: {0:?}")]
    TooLarge(String),
}

/// CPU in thousandths of a core: "8" = 8000, "0.5" = 500, "500m" = 500.
pub fn cpu_milli(text: &str) -> Result<u64, QuantityError> {
    let (number, unit) = split(text)?;
    match unit {
        "" => scaled(text, number, 1000),
        "m" => scaled(text, number, 1),
        _ => Err(QuantityError::UnknownUnit(text.to_owned())),
    }
}

/// GPUs in thousandths of a card: "1" = 1000, "0.5" = 500.
pub fn gpu_milli(text: &str) -> Result<u64, QuantityError> {
    match split(text)? {
        (number, "") => scaled(text, number, 1000),
        _ => Err(QuantityError::UnknownUnit(text.to_owned())),
    }
}

/// Memory in bytes: "32Gi", "512Mi", "1G" (decimal), or plain bytes. A trailing `B` is accepted.
/// A fraction of a byte counts as a whole one.
pub fn memory_bytes(text: &str) -> Result<u64, QuantityError> {
    let (number, unit) = split(text)?;
    let unit = if unit.len() > 1 {
        unit.trim_end_matches('B')
    } else {
        unit
    };
    let factor: u64 = match unit {
        "" | "B" => 1,
        "k" | "K" => 1000,
        "M" => 1000_u64.pow(2),
        "G" => 1000_u64.pow(3),
        "T" => 1000_u64.pow(4),
        "P" => 1000_u64.pow(5),
        "E" => 1000_u64.pow(6),
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        "Ti" => 1 << 40,
        "Pi" => 1 << 50,
        "Ei" => 1 << 60,
        _ => return Err(QuantityError::UnknownUnit(text.to_owned())),
    };
    scaled(text, number, factor)
}

/// Separates the number from its unit.
fn split(text: &str) -> Result<(&str, &str), QuantityError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(QuantityError::Empty);
    }
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    if number.is_empty() {
        return Err(QuantityError::NotANumber(text.to_owned()));
    }
    Ok((number, unit.trim_start()))
}

/// `number * factor`, rounded up.
fn scaled(text: &str, number: &str, factor: u64) -> Result<u64, QuantityError> {
    let bad = || QuantityError::NotANumber(text.to_owned());
    let too_large = || QuantityError::TooLarge(text.to_owned());
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return Err(bad());
    }
    // Digits beyond the 18th are dropped: no amount of compute is told that finely.
    let fraction = &fraction[..fraction.len().min(18)];
    let whole = if whole.is_empty() {
        0
    } else {
        digits(whole).ok_or_else(too_large)?
    };
    let part = if fraction.is_empty() {
        0
    } else {
        digits(fraction).ok_or_else(too_large)?
    };
    let one = 10_u128.pow(u32::try_from(fraction.len()).map_err(|_| too_large())?);

    let factor = u128::from(factor);
    let whole = whole.checked_mul(factor).ok_or_else(too_large)?;
    let part = part
        .checked_mul(factor)
        .ok_or_else(too_large)?
        .div_ceil(one);
    let total = whole.checked_add(part).ok_or_else(too_large)?;
    u64::try_from(total).map_err(|_| too_large())
}

fn digits(text: &str) -> Option<u128> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cpu_is_read_in_thousandths() {
        for (text, milli) in [
            ("8", 8000),
            ("0.5", 500),
            ("500m", 500),
            (" 2 ", 2000),
            ("1.", 1000),
            (".25", 250),
        ] {
            assert_eq!(cpu_milli(text), Ok(milli), "{text}");
        }
    }

    #[test]
    fn memory_is_read_in_bytes() {
        for (text, bytes) in [
            ("32Gi", 32 << 30),
            ("512Mi", 512 << 20),
            ("1G", 1_000_000_000),
            ("1.5Gi", 3 << 29),
            ("1GB", 1_000_000_000),
            ("2 GiB", 2 << 30),
            ("1024", 1024),
            ("7B", 7),
            ("0.3", 1),
            ("1000k", 1_000_000),
        ] {
            assert_eq!(memory_bytes(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn gpu_has_no_unit() {
        assert_eq!(gpu_milli("1"), Ok(1000));
        assert_eq!(gpu_milli("0.5"), Ok(500));
        assert_eq!(
            gpu_milli("1Gi"),
            Err(QuantityError::UnknownUnit("1Gi".into()))
        );
    }

    #[test]
    fn wrong_texts_give_typed_errors() {
        assert_eq!(cpu_milli("  "), Err(QuantityError::Empty));
        assert_eq!(cpu_milli("-1"), Err(QuantityError::NotANumber("-1".into())));
        assert_eq!(
            cpu_milli("1.2.3"),
            Err(QuantityError::NotANumber("1.2.3".into()))
        );
        assert_eq!(cpu_milli("."), Err(QuantityError::NotANumber(".".into())));
        assert_eq!(
            cpu_milli("8Gi"),
            Err(QuantityError::UnknownUnit("8Gi".into()))
        );
        assert_eq!(
            memory_bytes("1e3"),
            Err(QuantityError::UnknownUnit("1e3".into()))
        );
        assert_eq!(
            memory_bytes("99Ei"),
            Err(QuantityError::TooLarge("99Ei".into()))
        );
        let endless = "9".repeat(60);
        assert_eq!(
            memory_bytes(&endless),
            Err(QuantityError::TooLarge(endless.clone()))
        );
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>(), number in "[0-9.]{0,50}[a-zA-Z]{0,3}") {
            for text in [text, number] {
                let _ = (cpu_milli(&text), gpu_milli(&text), memory_bytes(&text));
            }
        }

        #[test]
        fn whole_numbers_scale_exactly(number in 0u64..1 << 24) {
            prop_assert_eq!(cpu_milli(&number.to_string()), Ok(number * 1000));
            prop_assert_eq!(memory_bytes(&format!("{number}Gi")), Ok(number << 30));
        }
    }
}
