//! Whether a server is up and how much it carries (guide 3.9, notes N39, N60).

use thiserror::Error;

/// A count and the most that the licence allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Load {
    /// Now.
    pub count: u32,
    /// At most. Of playbacks 0: they count as connections like the others.
    pub max: u32,
}

/// The load file: 14 numbers in one line, 10 before 3.23.8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ClusterLoad {
    /// Meetings.
    pub meetings: Load,
    /// Connections.
    pub connections: Load,
    /// Those of them from outside the licence's IP ranges.
    pub outside: Load,
    /// Reserved connections.
    pub reserved: Load,
    /// Those of them from outside.
    pub reserved_outside: Load,
    /// Playbacks. `None`: a file of 10 numbers.
    pub playbacks: Option<Load>,
    /// Those of them from outside. `None`: a file of 10 numbers.
    pub outside_playbacks: Option<Load>,
}

/// Why a load file says nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the load file has {numbers} numbers in its first line, expected 10 or 14")]
pub struct ClusterError {
    /// Whole numbers found before the first other word.
    pub numbers: usize,
}

impl ClusterLoad {
    /// The line, without blank or line break at its end. Both kinds of playbacks are written, or neither: leave them
    /// `None` for readers that know ten numbers only.
    pub fn to_text(&self) -> String {
        let general = [self.meetings, self.connections, self.outside, self.reserved, self.reserved_outside];
        let playbacks = self.playbacks.zip(self.outside_playbacks).map(|(all, outside)| [all, outside]);
        let all = general.into_iter().chain(playbacks.into_iter().flatten());
        all.map(|load| format!("{} {}", load.count, load.max)).collect::<Vec<_>>().join(" ")
    }

    /// Reads a file.
    ///
    /// # Errors
    /// Not 10 or 14 whole numbers.
    pub fn parse(text: &str) -> Result<ClusterLoad, ClusterError> {
        let words: Vec<&str> = text.lines().next().unwrap_or_default().split_whitespace().take(15).collect();
        let numbers: Vec<u32> = words.iter().map_while(|word| word.parse().ok()).collect();
        let malformed = ClusterError { numbers: numbers.len() };
        if numbers.len() != words.len() || !matches!(words.len(), 10 | 14) {
            return Err(malformed);
        }
        let mut loads = numbers.chunks_exact(2).filter_map(|pair| match pair {
            [count, max] => Some(Load { count: *count, max: *max }),
            _ => None,
        });
        let mut general = || loads.next().unwrap_or_default();
        Ok(ClusterLoad {
            meetings: general(),
            connections: general(),
            outside: general(),
            reserved: general(),
            reserved_outside: general(),
            playbacks: loads.next(),
            outside_playbacks: loads.next(),
        })
    }
}

/// The aliveness file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alive {
    /// `1`: it accepts connections, or crashed (note N60).
    Up,
    /// `0`: it stopped in order.
    Down,
}

impl Alive {
    /// The whole file.
    pub fn to_text(self) -> &'static str {
        match self {
            Alive::Up => "1",
            Alive::Down => "0",
        }
    }

    /// Reads the file; anything but `1` is down.
    pub fn parse(text: &str) -> Alive {
        if text.trim() == "1" { Alive::Up } else { Alive::Down }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guides_samples_read_and_go_round() {
        for text in [
            "8 60 23 300 19 100 5 10 3 8 7 20 6 15",
            "8 60 23 300 19 100 5 10 3 8 7 0 6 0",
            "8 60 23 300 19 100 5 10 3 8",
        ] {
            let load = ClusterLoad::parse(text).unwrap();
            assert_eq!(load.to_text(), text);
            assert_eq!((load.meetings, load.outside), (Load { count: 8, max: 60 }, Load { count: 19, max: 100 }));
        }
        let load = ClusterLoad::parse(" 8 60 23 300 19 100 5 10 3 8 7 20 6 15 \r\n").unwrap();
        assert_eq!(load.outside_playbacks, Some(Load { count: 6, max: 15 }));
    }

    #[test]
    fn other_counts_and_words_are_malformed() {
        let twelve = "1 ".repeat(12);
        for (text, numbers) in [("", 0), ("1 2 x 4 5 6 7 8 9 10", 2), (twelve.as_str(), 12), (&"1 ".repeat(15), 15)] {
            assert_eq!(ClusterLoad::parse(text), Err(ClusterError { numbers }), "{text}");
        }
        assert!(ClusterLoad::parse("-1 2 3 4 5 6 7 8 9 10").is_err());
    }

    #[test]
    fn only_1_is_alive() {
        assert_eq!(Alive::parse("1\r\n"), Alive::Up);
        for text in ["0", "", "11"] {
            assert_eq!(Alive::parse(text), Alive::Down);
        }
        assert_eq!(Alive::parse(Alive::Up.to_text()), Alive::Up);
    }
}
