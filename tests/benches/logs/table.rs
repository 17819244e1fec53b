//! One line of the table per figure.

use std::time::Duration;

use pai_tests::bench;

/// What is asked for.
pub(crate) enum Budget {
    /// Nothing: it explains another line.
    None,
    /// At most so much, in this unit.
    AtMost(f64, &'static str),
    /// At least so much, in this unit.
    AtLeast(f64, &'static str),
}

pub(crate) fn head() {
    println!("| what | measured | budget |\n|---|---|---|");
}

/// `figure` is compared with the budget, `measured` is what people read.
pub(crate) fn row(what: &str, measured: &str, figure: f64, budget: &Budget) {
    let word = |met: bool| if met { "met" } else { "missed" };
    let budget = match budget {
        Budget::None => "–".to_owned(),
        Budget::AtMost(most, unit) => format!("≤ {most} {unit}: {}", word(figure <= *most)),
        Budget::AtLeast(least, unit) => format!("≥ {least} {unit}: {}", word(figure >= *least)),
    };
    println!("| {what} | {measured} | {budget} |");
}

/// Times of single calls, of which the median is compared.
pub(crate) fn times(what: &str, mut times: Vec<Duration>, most_ms: f64) {
    times.sort_unstable();
    let [p50, p99, most] = [0.5, 0.99, 1.0].map(|share| bench::ms(bench::quantile(&times, share)));
    let measured = format!(
        "p50 {p50:.2} ms, fastest {:.2} ms, p99 {p99:.2} ms, longest {most:.2} ms, {} runs",
        bench::ms(times[0]),
        times.len(),
    );
    row(what, &measured, p50, &Budget::AtMost(most_ms, "ms"));
}

/// The middle one, the upper of two.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// All of them, for people.
pub(crate) fn list(values: &[f64], digits: usize) -> String {
    let values = values.iter().map(|value| format!("{value:.digits$}"));
    values.collect::<Vec<_>>().join(", ")
}
