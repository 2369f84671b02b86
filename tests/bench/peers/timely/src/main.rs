//! timely_words KIND WORKERS SECONDS BATCH FLIGHT - the word count over Storm's five
//! sentences, in turn, in timely dataflow: split, exchange by word, count.
//!
//! KIND is `flat`, words side by side in one buffer, or `string`, a String each. Each
//! worker makes BATCH sentences a round and has FLIGHT rounds under way. Prints words a
//! second, or fails if a word is missing.
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::time::{Duration, Instant};

use timely::container::{
    CapacityContainerBuilder, DrainContainer, PushInto, SizableContainer,
};
use timely::dataflow::channels::pact::{ExchangeCore, Pipeline};
use timely::dataflow::operators::{Operator, Probe};
use timely::dataflow::{InputHandle, ProbeHandle};
use timely::Accountable;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SENTENCES: [&str; 5] = [
    "the cow jumped over the moon",
    "an apple a day keeps the doctor away",
    "four score and seven years ago",
    "snow white and the seven dwarfs",
    "i am at two with nature",
];

// -- words --------------------------------------------------------------------

/// Texts side by side.
#[derive(Clone, Default)]
struct Flat {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

const FLAT_BYTES: usize = 16 << 10;

struct Texts<'a> {
    of: &'a Flat,
    next: usize,
}

impl<'a> Iterator for Texts<'a> {
    type Item = &'a [u8];
    #[inline(always)]
    fn next(&mut self) -> Option<&'a [u8]> {
        let end = *self.of.ends.get(self.next)? as usize;
        let begin = match self.next {
            0 => 0,
            i => self.of.ends[i - 1] as usize,
        };
        self.next += 1;
        Some(&self.of.bytes[begin..end])
    }
}

impl Accountable for Flat {
    fn record_count(&self) -> i64 {
        self.ends.len() as i64
    }
    fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

impl DrainContainer for Flat {
    type Item<'a> = &'a [u8];
    type DrainIter<'a> = Texts<'a>;
    #[inline(always)]
    fn drain(&mut self) -> Texts<'_> {
        Texts { of: self, next: 0 }
    }
}

impl SizableContainer for Flat {
    #[inline(always)]
    fn at_capacity(&self) -> bool {
        self.bytes.len() >= FLAT_BYTES
    }
    fn ensure_capacity(&mut self, stash: &mut Option<Self>) {
        if self.bytes.capacity() == 0 {
            if let Some(used) = stash.take() {
                *self = used;
            }
            self.bytes.clear();
            self.ends.clear();
            self.bytes.reserve(FLAT_BYTES + 64);
        }
    }
}

impl PushInto<&[u8]> for Flat {
    #[inline(always)]
    fn push_into(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len() as u32);
    }
}

/// Between threads nothing is made into bytes.
impl timely::dataflow::channels::ContainerBytes for Flat {
    fn from_bytes(_: timely::bytes::arc::Bytes) -> Self {
        unreachable!("one process")
    }
    fn length_in_bytes(&self) -> usize {
        unreachable!("one process")
    }
    fn into_bytes<W: std::io::Write>(&self, _: &mut W) {
        unreachable!("one process")
    }
}

// -- counts -------------------------------------------------------------------

/// A word is short: eight bytes at a time, multiplied and folded.
#[derive(Default, Clone)]
struct WordHasher(u64);

#[inline(always)]
fn fold(a: u64, b: u64) -> u64 {
    let wide = u128::from(a) * u128::from(b);
    wide as u64 ^ (wide >> 64) as u64
}

impl Hasher for WordHasher {
    #[inline(always)]
    fn write(&mut self, bytes: &[u8]) {
        let mut left = bytes;
        while left.len() >= 8 {
            self.write_u64(u64::from_le_bytes(left[..8].try_into().unwrap()));
            left = &left[8..];
        }
        let mut rest = [0u8; 8];
        rest[..left.len()].copy_from_slice(left);
        self.write_u64(u64::from_le_bytes(rest) ^ (bytes.len() as u64) << 56);
    }
    #[inline(always)]
    fn write_u64(&mut self, word: u64) {
        self.0 = fold(self.0 ^ word, 0x9e37_79b9_7f4a_7c15);
    }
    #[inline(always)]
    fn finish(&self) -> u64 {
        self.0
    }
}

fn hash(word: &[u8]) -> u64 {
    let mut hasher = WordHasher::default();
    hasher.write(word);
    hasher.finish()
}

type Counts<K> = HashMap<K, u64, BuildHasherDefault<WordHasher>>;

/// … of so many sentences in turn.
fn words_in(sentences: u64) -> u64 {
    let n = |i: usize| words_of(SENTENCES[i].as_bytes()).count() as u64;
    let turns = sentences / 5 * (0..5).map(n).sum::<u64>();
    turns + (0..(sentences % 5) as usize).map(n).sum::<u64>()
}

fn words_of(sentence: &[u8]) -> impl Iterator<Item = &[u8]> {
    sentence
        .split(|b| b.is_ascii_whitespace())
        .filter(|word| !word.is_empty())
}

// -- the dataflow -------------------------------------------------------------

#[derive(Clone, Copy)]
struct Options {
    seconds: f64,
    batch: usize,
    flight: usize,
}

type Clock = u64;
type FlatBuilder = CapacityContainerBuilder<Flat>;

/// Rounds of sentences until the time is over, and all of them through; how many
/// sentences, and how long it took.
fn drive<B>(
    worker: &mut timely::worker::Worker,
    mut input: InputHandle<Clock, B>,
    probe: &ProbeHandle<Clock>,
    options: Options,
    mut send: impl FnMut(&mut InputHandle<Clock, B>, usize),
) -> (u64, f64)
where
    B: timely::container::ContainerBuilder + 'static,
    B::Container: timely::Container + Clone,
{
    let begin = Instant::now();
    let (mut sentences, mut turn, mut round) = (0, 0, 0);
    while begin.elapsed() < Duration::from_secs_f64(options.seconds) {
        for _ in 0..options.batch {
            send(&mut input, turn);
            turn = if turn == 4 { 0 } else { turn + 1 };
        }
        sentences += options.batch as u64;
        round += 1;
        input.advance_to(round);
        while probe.less_than(&round.saturating_sub(options.flight as u64)) {
            worker.step();
        }
    }
    input.close();
    while !probe.done() {
        worker.step();
    }
    (sentences, begin.elapsed().as_secs_f64())
}

fn flat(worker: &mut timely::worker::Worker, options: Options) -> (u64, f64, u64) {
    let counts = std::rc::Rc::new(std::cell::RefCell::new(Counts::<Vec<u8>>::default()));
    let kept = counts.clone();
    let mut input = InputHandle::<Clock, FlatBuilder>::new();
    let probe = ProbeHandle::new();
    worker.dataflow::<Clock, _, _>(|scope| {
        input
            .to_stream(scope)
            .unary::<FlatBuilder, _, _, _>(Pipeline, "split", |_, _| {
                move |input, output| {
                    input.for_each_time(|time, batches| {
                        let mut session = output.session(&time);
                        for batch in batches {
                            for sentence in batch.drain() {
                                for word in words_of(sentence) {
                                    session.give(word);
                                }
                            }
                        }
                    });
                }
            })
            .unary::<FlatBuilder, _, _, _>(
                ExchangeCore::<FlatBuilder, _>::new_core(|word: &&[u8]| hash(word)),
                "count",
                |_, _| {
                    move |input, _output| {
                        let mut counts = kept.borrow_mut();
                        input.for_each_time(|_, batches| {
                            for batch in batches {
                                for word in batch.drain() {
                                    match counts.get_mut(word) {
                                        Some(n) => *n += 1,
                                        None => {
                                            counts.insert(word.to_vec(), 1);
                                        }
                                    }
                                }
                            }
                        });
                    }
                },
            )
            .probe_with(&probe);
    });
    let (sentences, took) = drive(worker, input, &probe, options, |input, turn| {
        input.send(SENTENCES[turn].as_bytes())
    });
    let counted = counts.borrow().values().sum();
    (sentences, took, counted)
}

fn strings(worker: &mut timely::worker::Worker, options: Options) -> (u64, f64, u64) {
    type Words = CapacityContainerBuilder<Vec<String>>;
    let counts = std::rc::Rc::new(std::cell::RefCell::new(Counts::<String>::default()));
    let kept = counts.clone();
    let mut input = InputHandle::<Clock, Words>::new();
    let probe = ProbeHandle::new();
    worker.dataflow::<Clock, _, _>(|scope| {
        input
            .to_stream(scope)
            .unary::<Words, _, _, _>(Pipeline, "split", |_, _| {
                move |input, output| {
                    input.for_each_time(|time, batches| {
                        let mut session = output.session(&time);
                        for batch in batches {
                            for sentence in batch.drain(..) {
                                for word in sentence.split_ascii_whitespace() {
                                    session.give(word.to_owned());
                                }
                            }
                        }
                    });
                }
            })
            .unary::<Words, _, _, _>(
                ExchangeCore::<Words, _>::new_core(|word: &String| hash(word.as_bytes())),
                "count",
                |_, _| {
                    move |input, _output| {
                        let mut counts = kept.borrow_mut();
                        input.for_each_time(|_, batches| {
                            for batch in batches {
                                for word in batch.drain(..) {
                                    *counts.entry(word).or_insert(0) += 1;
                                }
                            }
                        });
                    }
                },
            )
            .probe_with(&probe);
    });
    let (sentences, took) = drive(worker, input, &probe, options, |input, turn| {
        input.send(SENTENCES[turn].to_owned())
    });
    let counted = counts.borrow().values().sum();
    (sentences, took, counted)
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let number = |i: usize| args[i].parse::<f64>().expect("a number");
    let options = Options {
        seconds: number(3),
        batch: number(4) as usize,
        flight: number(5) as usize,
    };
    let workers = number(2) as usize;
    let run = if args[1] == "flat" { flat } else { strings };
    let guards = timely::execute(timely::Config::process(workers), move |worker| {
        run(worker, options)
    })
    .expect("workers");
    let (mut sent, mut took, mut counted) = (0, 0f64, 0);
    for guard in guards.join() {
        let (sentences, seconds, words) = guard.expect("a worker");
        sent += words_in(sentences);
        took = took.max(seconds);
        counted += words;
    }
    assert_eq!(sent, counted, "words were lost");
    println!("{:.0}", counted as f64 / took);
}
