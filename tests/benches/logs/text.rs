//! Lines as programs print them.

use std::path::Path;

/// Numbers that look like those of a run, and are the same at every start.
struct Dice(u64);

impl Dice {
    fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

/// What a trainer prints at each step, one line in 100,000 a failure. About 115 bytes each.
pub(crate) fn trainer(count: usize) -> Vec<String> {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut line = |step: usize| {
        if step % 100_000 == 77_777 {
            return "Traceback (most recent call last): CUDA out of memory".to_owned();
        }
        let (hour, minute, second) = (step / 360_000 % 24, step / 6_000 % 60, step / 100 % 60);
        let learned = step.min(900_000) as u64;
        format!(
            "2026-11-26 {hour:02}:{minute:02}:{second:02},{:03} INFO train step {step}/1000000 loss {}.{:04} lr {}.{:02}e-05 grad_norm {}.{:03} tokens/s {}.{}",
            (step % 100 * 10) as u64 + dice.next(10),
            1 + (900_000 - learned) / 200_000,
            dice.next(10_000),
            1 + (900_000 - learned) / 100_001,
            (900_000 - learned) / 1_000 % 100,
            dice.next(3),
            dice.next(1_000),
            17_000 + dice.next(3_000),
            dice.next(10),
        )
    };
    (0..count).map(&mut line).collect()
}

/// The outputs of true trainers, one after the other and again and again with other digits each time: the same bytes would be packed
/// into nothing.
pub(crate) fn fixtures(count: usize) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/logs");
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .expect("the fixtures")
        .filter_map(|file| Some(file.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "log"))
        .collect();
    names.sort();
    let mut texts = Vec::new();
    for name in names {
        let bytes = std::fs::read(name).expect("a fixture");
        let text = String::from_utf8_lossy(&bytes);
        texts.extend(text.lines().map(str::to_owned));
    }
    let mut dice = Dice(7);
    let mut line = |place: usize| -> String {
        let text = &texts[place % texts.len()];
        let digit = |letter: char| match letter.is_ascii_digit() {
            true => char::from(b'0' + u8::try_from(dice.next(10)).unwrap_or(0)),
            false => letter,
        };
        text.chars().map(digit).collect()
    };
    (0..count).map(&mut line).collect()
}

/// With their line feeds.
pub(crate) fn bytes(lines: &[String]) -> usize {
    lines.iter().map(|line| line.len() + 1).sum()
}
