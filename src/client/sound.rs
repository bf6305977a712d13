//! A short chime when somebody comes or speaks.
//!
//! In: requests to chime. Out: a tone on the default output device. No device, or one that fails, is said once in the log and is
//! never an error: a meeting without sound is a meeting.

use std::f32::consts::TAU;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use cpal::traits::{DeviceTrait as _, HostTrait as _, StreamTrait as _};
use cpal::{FromSample, SampleFormat, SizedSample, StreamConfig};
use tokio::task::JoinHandle;
use tracing::{debug, info, warn};

/// What a chime is for; each has its own pitch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chime {
    /// Somebody came in.
    Arrival,
    /// Somebody else said something.
    Line,
}

/// The thread that chimes.
#[derive(Debug)]
pub struct Chimes {
    requests: SyncSender<Chime>,
    thread: JoinHandle<()>,
}

impl Chimes {
    /// Starts it. Must be called within a tokio runtime.
    pub fn start() -> Chimes {
        // One may wait behind the one that sounds; more would only be noise.
        let (requests, todo) = sync_channel(1);
        Chimes { requests, thread: tokio::task::spawn_blocking(move || run(&todo)) }
    }

    /// Chimes, unless it is chiming enough already.
    pub fn chime(&self, chime: Chime) {
        if self.requests.try_send(chime).is_err() {
            debug!("{chime:?} is not chimed: another one sounds");
        }
    }

    /// Stops, and waits.
    pub async fn finish(self) {
        drop(self.requests);
        if let Err(failure) = self.thread.await {
            warn!("the chime's thread failed: {failure}");
        }
    }
}

fn run(todo: &Receiver<Chime>) {
    let mut works = true;
    while let Ok(chime) = todo.recv() {
        match sound(chime) {
            Ok(()) => works = true,
            Err(why) => {
                if std::mem::take(&mut works) {
                    info!("no chimes: {why}");
                }
            }
        }
    }
}

/// Opens the device for one chime: a device that was plugged in since is found, one that is gone is not held.
fn sound(chime: Chime) -> Result<(), String> {
    let device = cpal::default_host().default_output_device().ok_or("there is no output device")?;
    let supported = device.default_output_config().map_err(|e| e.to_string())?;
    let format = supported.sample_format();
    let config: StreamConfig = supported.into();
    let tone = Tone::new(chime, config.sample_rate, config.channels);
    let stream = match format {
        SampleFormat::F32 => stream::<f32>(&device, config, tone),
        SampleFormat::I16 => stream::<i16>(&device, config, tone),
        SampleFormat::I32 => stream::<i32>(&device, config, tone),
        other => Err(format!("the output device wants samples of format {other}")),
    }?;
    stream.play().map_err(|e| e.to_string())?;
    // The tone ends by itself; the thread waits for it because dropping the stream cuts it off.
    std::thread::sleep(LENGTH + TAIL);
    Ok(())
}

fn stream<S: SizedSample + FromSample<f32>>(
    device: &cpal::Device,
    config: StreamConfig,
    mut tone: Tone,
) -> Result<cpal::Stream, String> {
    let fill = move |samples: &mut [S], _: &cpal::OutputCallbackInfo| {
        for frame in samples.chunks_mut(tone.channels) {
            frame.fill(S::from_sample(tone.next_level()));
        }
    };
    device.build_output_stream(config, fill, |failure| debug!("chime: {failure}"), None).map_err(|e| e.to_string())
}

/// Two notes, each fading out.
struct Tone {
    notes: [f32; 2],
    rate: f32,
    channels: usize,
    at: u32,
}

impl Tone {
    fn new(chime: Chime, rate: u32, channels: u16) -> Tone {
        let notes = match chime {
            Chime::Arrival => [523.25, 659.25],
            Chime::Line => [880.0, 880.0],
        };
        // Rates are far below 2^24: exact.
        Tone { notes, rate: rate.max(1) as f32, channels: usize::from(channels.max(1)), at: 0 }
    }

    fn next_level(&mut self) -> f32 {
        let seconds = self.at as f32 / self.rate;
        self.at = self.at.saturating_add(1);
        let note_length = LENGTH.as_secs_f32() / 2.0;
        let (note, within) =
            if seconds < note_length { (self.notes[0], seconds) } else { (self.notes[1], seconds - note_length) };
        let fade = (1.0 - within / note_length).clamp(0.0, 1.0);
        (within * note * TAU).sin() * fade * fade * VOLUME
    }
}

const LENGTH: Duration = Duration::from_millis(240);
const TAIL: Duration = Duration::from_millis(60);
const VOLUME: f32 = 0.25;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chime_starts_and_ends_silent_and_never_clips() {
        let mut tone = Tone::new(Chime::Arrival, 48_000, 2);
        let levels: Vec<f32> = (0..48_000 / 4).map(|_| tone.next_level()).collect();
        assert!(levels[0].abs() < 0.01 && levels[levels.len() - 1].abs() < 0.01);
        assert!(levels.iter().all(|l| l.abs() <= VOLUME));
        assert!(levels.iter().any(|l| l.abs() > VOLUME / 2.0));
    }
}
