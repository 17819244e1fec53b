//! `example-train`: one rank of the example training.

use std::io::{self, Write as _};
use std::time::Duration;

use pai_emulator::train::{Rendezvous, Training, train};

use crate::cli::TrainArgs;

/// Trains as the environment says and prints a line per step.
pub(crate) fn run(args: &TrainArgs) -> io::Result<()> {
    if args.rank >= args.world_size {
        let text = format!(
            "RANK {} is not below WORLD_SIZE {}",
            args.rank, args.world_size
        );
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    let training = Training {
        steps: args.steps,
        duration: Duration::from_secs_f64(args.seconds),
        seed: args.seed,
        learning_rate: args.learning_rate,
        rendezvous: Rendezvous {
            rank: args.rank,
            world_size: args.world_size,
            master: format!("{}:{}", args.master_addr, args.master_port),
            timeout: Duration::from_secs_f64(args.timeout),
        },
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut stdout = io::stdout();
    let say = |line: &str| _ = writeln!(stdout, "{line}");
    runtime.block_on(train(&training, say)).map(|_| ())
}
