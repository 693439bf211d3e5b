//! Picture of the dashboard's overview, for QMP's `screendump`: drawn from a snapshot of the machine, also without a
//! visible dashboard.

use crate::dash::link::{self, Inbox};
use crate::dash::picture::picture;
use crate::dash::state::{DashMsg, DashState};
use crate::dash::update::update;
use crate::dash::view::view;
use esplens_server::qmp::{Draw, PictureFormat};
use esplens_supervisor::Handle;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Columns and rows of the screen.
const SIZE: (u16, u16) = (160, 50);
/// Number of samples taken: the first one determines which parts of the machine the later ones query.
const SAMPLES: usize = 2;
/// Timeout for a sample on a busy host.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Returns the function that draws a machine.
pub fn draw(handle: &Handle) -> Draw {
    let handle = handle.clone();
    Arc::new(move |format| {
        let picture = picture(&screen(&handle)?);
        match format {
            PictureFormat::Ppm => Ok(picture.ppm()),
            PictureFormat::Png => picture.png().map_err(|e| e.to_string()),
        }
    })
}

fn screen(handle: &Handle) -> Result<Buffer, String> {
    let inbox = Inbox::default();
    let screen = look(handle, &inbox);
    // The link's threads end.
    inbox.close();
    screen
}

fn look(handle: &Handle, inbox: &Inbox) -> Result<Buffer, String> {
    let link = link::local(handle, inbox, Vec::new()).map_err(|e| e.to_string())?;
    let mut state = DashState::new(SIZE.0, SIZE.1);
    let end = Instant::now() + TIMEOUT;
    for _ in 0..SAMPLES {
        link.sample(state.query());
        let mut sampled = false;
        while !sampled {
            if Instant::now() >= end {
                return Err("the machine does not answer".into());
            }
            for msg in inbox.take(Some(end)) {
                sampled |= matches!(msg, DashMsg::Sample(_));
                update(&mut state, msg);
            }
        }
    }
    let mut screen = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
    view(&state, &mut screen);
    Ok(screen)
}
