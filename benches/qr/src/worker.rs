//! Decoders in processes of their own: what panics or never ends is stopped, and what is written in
//! another language is asked.
//!
//! A request is width, height (32 bits each, little-endian) and the pixels; an answer is the
//! processor's time in nanoseconds (64 bits), the length of the text, or all ones for none (32
//! bits), and the text.

use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::decoder::{Outcome, Read as Found};
use crate::measure::cpu;
use crate::sets::Grey;

/// Far more than any frame is worth.
const WITHIN: Duration = Duration::from_secs(20);
const NONE: u32 = u32::MAX;
const PANIC: u32 = u32::MAX - 1;

type Answer = (Duration, Found);

/// A process that answers.
pub struct Worker {
    command: fn() -> Command,
    running: Option<(Child, ChildStdin, Receiver<Answer>)>,
}

impl Worker {
    pub fn new(command: fn() -> Command) -> Self {
        Self {
            command,
            running: None,
        }
    }

    pub fn look(&mut self, picture: &Grey) -> Outcome {
        match self.ask(picture) {
            Some((cost, read)) => Outcome { read, cost },
            None => {
                self.stop();
                Outcome {
                    read: Found::Panic,
                    cost: WITHIN,
                }
            }
        }
    }

    fn ask(&mut self, picture: &Grey) -> Option<Answer> {
        if self.running.is_none() {
            self.running = Some(start((self.command)()).ok()?);
        }
        let (_, input, answers) = self.running.as_mut()?;
        let [width, height] = [picture.width, picture.height].map(u32::to_le_bytes);
        let request = [&width, &height, &picture.pixels[..]].concat();
        input
            .write_all(&request)
            .and_then(|()| input.flush())
            .ok()?;
        answers.recv_timeout(WITHIN).ok()
    }

    fn stop(&mut self) {
        if let Some((mut child, ..)) = self.running.take() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop();
    }
}

fn start(mut command: Command) -> io::Result<(Child, ChildStdin, Receiver<Answer>)> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let (Some(input), Some(mut output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(io::Error::other("no pipes"));
    };
    let (sender, answers) = channel();
    thread::spawn(move || {
        while let Ok(answer) = answer(&mut output) {
            if sender.send(answer).is_err() {
                return;
            }
        }
    });
    Ok((child, input, answers))
}

fn answer(output: &mut impl Read) -> io::Result<Answer> {
    let cost = Duration::from_nanos(u64::from_le_bytes(bytes(output)?));
    let read = match u32::from_le_bytes(bytes(output)?) {
        NONE => Found::Nothing,
        PANIC => Found::Panic,
        length => {
            let mut text = vec![0; length as usize];
            output.read_exact(&mut text)?;
            Found::Text(String::from_utf8_lossy(&text).into_owned())
        }
    };
    Ok((cost, read))
}

fn bytes<const N: usize>(input: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Answers with rqrr until there are no more requests.
pub fn serve_rqrr() {
    crate::decoder::silence_panics();
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    while let Ok(request) = request(&mut input) {
        let before = cpu();
        let read = catch_unwind(AssertUnwindSafe(|| rqrr(&request)));
        let cost = (cpu() - before).as_nanos() as u64;
        let (length, text) = match read {
            Ok(Some(text)) => (text.len() as u32, text),
            Ok(None) => (NONE, String::new()),
            Err(_) => (PANIC, String::new()),
        };
        let answer = [
            &cost.to_le_bytes()[..],
            &length.to_le_bytes(),
            text.as_bytes(),
        ]
        .concat();
        if output
            .write_all(&answer)
            .and_then(|()| output.flush())
            .is_err()
        {
            return;
        }
    }
}

fn request(input: &mut impl Read) -> io::Result<Grey> {
    let width = u32::from_le_bytes(bytes(input)?);
    let height = u32::from_le_bytes(bytes(input)?);
    let mut pixels = vec![0; width as usize * height as usize];
    input.read_exact(&mut pixels)?;
    Ok(Grey {
        width,
        height,
        pixels,
    })
}

fn rqrr(picture: &Grey) -> Option<String> {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let pixel = |x: usize, y: usize| picture.pixels[y * width + x];
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, pixel);
    let grids = image.detect_grids();
    grids
        .iter()
        .find_map(|grid| grid.decode().ok().map(|(_, text)| text))
}
