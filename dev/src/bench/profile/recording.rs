//! What `heaptrack_interpret` writes: lines of a letter and hexadecimal numbers, which refer to the lines before.
//!
//! Source: the reader of heaptrack itself, `accumulatedtracedata.cpp` of its version 1.4.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use anyhow::{Context, bail};

/// A call, or one that was put into another by the compiler.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    pub(super) function: &'a str,
    pub(super) file: &'a str,
    pub(super) line: u64,
}

/// All that was asked for, by size and calls, and how much of it was held.
#[derive(Debug, Default)]
pub(super) struct Recording {
    strings: Vec<String>,
    /// The calls of an address, the innermost first: function, file and line each.
    addresses: Vec<Vec<[u64; 3]>>,
    /// An address, and the trace of who called.
    traces: Vec<[u64; 2]>,
    /// A size in bytes, and the trace of who asked.
    kinds: Vec<[u64; 2]>,
    /// How many of each kind were held at the peak, and when the program ended.
    at_peak: Vec<u64>,
    at_end: Vec<u64>,
}

/// When memory was held.
#[derive(Clone, Copy, Debug)]
pub(super) enum When {
    AtPeak,
    AtEnd,
}

impl Recording {
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let mut recording = Self::default();
        let (mut now, mut peak) = (0_u64, (0_u64, 0_usize));
        each_line(path, |number, line| {
            match line.split_at_checked(2) {
                Some(("+ ", kind)) => {
                    now += recording.size(kind)?;
                    if now > peak.0 {
                        peak = (now, number);
                    }
                }
                Some(("- ", kind)) => now = now.saturating_sub(recording.size(kind)?),
                _ => recording.add(line)?,
            }
            Ok(())
        })?;
        let mut held = vec![0_u64; recording.kinds.len()];
        each_line(path, |number, line| {
            let (change, kind) = line.split_at_checked(2).unwrap_or_default();
            if matches!(change, "+ " | "- ") {
                let count = held.get_mut(index(kind)?).context("an unknown kind")?;
                *count = match change {
                    "+ " => *count + 1,
                    _ => count.saturating_sub(1),
                };
            }
            if number == peak.1 {
                recording.at_peak.clone_from(&held);
            }
            Ok(())
        })?;
        recording.at_end = held;
        Ok(recording)
    }

    /// Bytes that were held, by the name of the calls that asked for them; the largest first.
    pub(super) fn held(
        &self,
        when: When,
        name: impl Fn(&[Frame<'_>]) -> String,
    ) -> Vec<(String, u64)> {
        let counts = match when {
            When::AtPeak => &self.at_peak,
            When::AtEnd => &self.at_end,
        };
        let mut sums: HashMap<String, u64> = HashMap::new();
        for (&[size, trace], count) in self
            .kinds
            .iter()
            .zip(counts)
            .filter(|(_, count)| **count > 0)
        {
            *sums.entry(name(&self.calls(trace))).or_default() += size * count;
        }
        let mut held: Vec<_> = sums.into_iter().collect();
        held.sort_by(|(_, one), (_, other)| other.cmp(one));
        held
    }

    fn add(&mut self, line: &str) -> anyhow::Result<()> {
        let (what, rest) = line.split_once(' ').unwrap_or((line, ""));
        match what {
            "s" => {
                let (_, string) = rest.split_once(' ').unwrap_or_default();
                self.strings.push(string.to_owned());
            }
            "i" => {
                let numbers = numbers(rest)?;
                // Before them: where it is in memory, and in which library.
                let calls = numbers.get(2..).unwrap_or_default().chunks_exact(3);
                let calls = calls.filter_map(|call| call.try_into().ok());
                self.addresses.push(calls.collect());
            }
            "t" => self.traces.push(pair(rest)?),
            "a" => self.kinds.push(pair(rest)?),
            _ => {}
        }
        Ok(())
    }

    fn size(&self, kind: &str) -> anyhow::Result<u64> {
        let [size, _] = self.kinds.get(index(kind)?).context("an unknown kind")?;
        Ok(*size)
    }

    fn calls(&self, mut trace: u64) -> Vec<Frame<'_>> {
        let mut calls = Vec::new();
        // All these count from 1; 0 is none.
        while let Some(&[address, caller]) = before(&self.traces, trace) {
            let at_address = before(&self.addresses, address).into_iter().flatten();
            calls.extend(at_address.map(|&[function, file, line]| Frame {
                function: self.string(function),
                file: self.string(file),
                line,
            }));
            trace = caller;
        }
        calls
    }

    fn string(&self, number: u64) -> &str {
        before(&self.strings, number).map_or("", String::as_str)
    }
}

fn before<T>(all: &[T], number: u64) -> Option<&T> {
    all.get(usize::try_from(number).ok()?.checked_sub(1)?)
}

fn each_line(
    path: &Path,
    mut hear: impl FnMut(usize, &str) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let what = || format!("read {}", path.display());
    let mut file = BufReader::new(File::open(path).with_context(what)?);
    let (mut line, mut number) = (String::new(), 0);
    while file.read_line(&mut line).with_context(what)? > 0 {
        number += 1;
        hear(number, line.trim_end_matches('\n')).with_context(|| format!("line {number}"))?;
        line.clear();
    }
    Ok(())
}

fn numbers(text: &str) -> anyhow::Result<Vec<u64>> {
    let read = |word| u64::from_str_radix(word, 16).with_context(|| format!("{word} is no number"));
    text.split_ascii_whitespace().map(read).collect()
}

fn pair(text: &str) -> anyhow::Result<[u64; 2]> {
    match numbers(text)?.as_slice() {
        &[one, other] => Ok([one, other]),
        _ => bail!("{text} is not a pair of numbers"),
    }
}

fn index(text: &str) -> anyhow::Result<usize> {
    usize::from_str_radix(text, 16).with_context(|| format!("{text} is no number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two functions, of which the inner was put into `outer`; a kind of 16 bytes and one of 256.
    const TEXT: &str = "v 10400 3\ns 5 outer\ns 5 inner\ns 8 src/a.rs\ni 7f 1 2 3 a 1 3 b\nt 1 0\na 10 1\na 100 1\n\
                        + 0\n+ 1\n+ 0\n- 1\n+ 0\n";

    #[test]
    fn what_is_held_is_counted_at_the_peak_and_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("heap.data");
        std::fs::write(&path, TEXT).unwrap();
        let recording = Recording::read(&path).unwrap();
        let name = |calls: &[Frame<'_>]| {
            let calls: Vec<_> = calls
                .iter()
                .map(|call| (call.function, call.line))
                .collect();
            format!("{calls:?}")
        };
        let calls = r#"[("inner", 10), ("outer", 11)]"#.to_owned();
        let at_peak = recording.held(When::AtPeak, name);
        assert_eq!(at_peak, [(calls.clone(), 256 + 2 * 16)]);
        let at_end = recording.held(When::AtEnd, name);
        assert_eq!(at_end, [(calls, 3 * 16)]);
    }
}
