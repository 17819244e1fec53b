//! Whole lives, looked at in every way.

use proptest::prelude::*;

use super::*;

/// The parts of a life that were looked at, and with what kinds of answer.
fn looked_at(life: Life, looks: &[(usize, bool, bool)], shuffle: &[usize]) -> Vec<Observation> {
    // Later requests see later states; answers may arrive in another order.
    let mut states: Vec<usize> = looks.iter().map(|(step, ..)| step % life.len()).collect();
    states.sort_unstable();
    let mut answers: Vec<Observation> = states
        .iter()
        .zip(looks)
        .zip(2_u64..)
        .map(|((step, (_, get, history)), seq)| {
            let source = if *get { Source::Get } else { Source::List };
            seen_of(life, *step, seq, source, *history || *get)
        })
        .collect();
    for pair in shuffle.chunks(2) {
        if let [a, b] = pair {
            let len = answers.len();
            answers.swap(a % len, b % len);
        }
    }
    answers
}

fn lives() -> impl Strategy<Value = Life> {
    prop_oneof![Just(LIFE), Just(RESTARTED), Just(ODD)]
}

proptest! {
    /// Whatever part of a life is looked at, in whatever kind of answer and in whatever order the answers come: every
    /// status that a full answer showed becomes a milestone exactly once, no step is told twice, an answer that is older
    /// than the held one changes nothing, and the end is never lost.
    #[test]
    fn no_order_of_answers_loses_or_doubles_a_status(
        life in lives(),
        looks in proptest::collection::vec((0_usize..9, any::<bool>(), any::<bool>()), 1..24),
        shuffle in proptest::collection::vec(0_usize..24, 0..12),
    ) {
        let mut job = known_of(life, 0, 1);
        let (mut rev, mut newest) = (1, 1);
        let mut told: Vec<(String, Option<i64>)> = Vec::new();
        let mut proved: Vec<String> = vec![life[0].0.into()];
        for answer in &looked_at(life, &looks, &shuffle) {
            if is_doubtful(&job, answer) {
                continue;
            }
            match diff(&job, answer) {
                Verdict::Outdated => prop_assert!(answer.seq < newest),
                Verdict::Same(same) => job = *same,
                Verdict::Changed { job: after, events } => {
                    job = *after;
                    for event in &events {
                        let step = (event.to_status.clone(), event.at_ms);
                        prop_assert!(step.1.is_none() || !told.contains(&step), "{step:?} twice");
                        told.push(step);
                    }
                    commit(&mut job, &events, &mut rev);
                }
            }
            if answer.seq >= newest {
                newest = answer.seq;
                proved.extend(answer.history.iter().map(|step| step.status.clone()));
                proved.push(answer.status.clone());
                prop_assert_eq!(&job.status, &answer.status);
                prop_assert_eq!(job.resources_held, answer.resources_held);
            }
        }
        for status in proved {
            let count = job.milestones.iter().filter(|mile| mile.status == status).count();
            prop_assert_eq!(count, 1, "{}", status);
        }
        let mut revs: Vec<_> = job.milestones.iter().map(|mile| mile.rev).collect();
        let sorted = revs.clone();
        revs.sort_unstable();
        prop_assert_eq!(revs, sorted);
    }

    /// The jobs' own answers tell a life in order and whole, however far they lie apart.
    #[test]
    fn own_answers_tell_every_step_in_order(
        life in lives(),
        looks in proptest::collection::vec(0_usize..9, 1..12),
    ) {
        let looks: Vec<_> = looks.into_iter().map(|step| (step, true, true)).collect();
        let mut job = known_of(life, 0, 1);
        let mut walked = vec![life[0].0.to_owned()];
        for answer in &looked_at(life, &looks, &[]) {
            let Verdict::Changed { job: after, events } = diff(&job, answer) else { continue };
            job = *after;
            for event in &events {
                prop_assert_eq!(Some(&event.from_status), walked.last());
                prop_assert_eq!(event.at_ms, Some(1000 * (walked.len() as i64 + 1)));
                walked.push(event.to_status.clone());
            }
            commit(&mut job, &events, &mut 1);
        }
        let last = looks.iter().map(|(step, ..)| step % life.len()).max().unwrap_or(0);
        let lived: Vec<_> = life[..=last].iter().map(|(status, _)| *status).collect();
        prop_assert_eq!(walked, lived);
    }
}
