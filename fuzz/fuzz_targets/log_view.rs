//! Lines of a log as a person sees them: nothing that a terminal obeys or that turns the direction of
//! reading gets through, and what is clean stays as it is.

#![no_main]

use libfuzzer_sys::fuzz_target;
use paictl::view::log;

fuzz_target!(|text: &[u8]| {
    let shown = log::line(text);
    let obeyed = |c: char| c.is_control() && c != '\t';
    let turns = |c| matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!shown.contains(|c| obeyed(c) || turns(c)), "{shown:?}");
    // Of a line of blanks alone, foreign ones among them, nothing need stay.
    if !shown.trim().is_empty() {
        assert_eq!(log::line(shown.as_bytes()), shown);
    }
    let mut pushed = b"before ".to_vec();
    log::push_line(&mut pushed, text);
    assert_eq!(pushed, format!("before {shown}").as_bytes());
});
