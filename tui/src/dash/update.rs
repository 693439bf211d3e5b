//! State changes of the dashboard: `update` takes a message and returns effects.

mod mouse;

use super::keys::{self, Cmd};
use super::layout::LayoutId;
use super::line::EditLine;
use super::modal::{self, Modal};
use super::pane_id::PaneId;
use super::state::*;
use super::wire::*;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Applies a message.
pub fn update(state: &mut DashState, msg: DashMsg) -> Vec<DashEffect> {
    state.dirty = true;
    let effects = match msg {
        DashMsg::Key(key) => key_pressed(state, key),
        DashMsg::Mouse(event) => mouse::event(state, event),
        DashMsg::Paste(text) => paste(state, &text),
        DashMsg::Resize(width, height) => {
            state.size = (width, height);
            keep_focus_visible(state);
            Vec::new()
        }
        DashMsg::Clock(ms) => {
            state.dirty = state.shared.next_change().is_some_and(|at| ms >= at && state.shared.clock < at);
            state.shared.clock = ms;
            Vec::new()
        }
        DashMsg::Sample(sample) => {
            sampled(state, *sample);
            Vec::new()
        }
        DashMsg::Event(event) => super::events::take_in(&mut state.shared, event),
        DashMsg::Reply(pane, reply) => replied(state, pane, &reply),
        DashMsg::Suspend => vec![DashEffect::Suspend],
        DashMsg::Resume => vec![DashEffect::Retake],
        DashMsg::Gone => {
            state.shared.gone = true;
            vec![DashEffect::Quit]
        }
    };
    settle(state, effects)
}

/// Executes the effects that concern the dashboard itself. Returns the others.
fn settle(state: &mut DashState, effects: Vec<DashEffect>) -> Vec<DashEffect> {
    let mut out = Vec::new();
    for effect in effects {
        match effect {
            DashEffect::Show(pane, addr) => {
                state.panes.get_mut(pane).show(addr);
                focus_pane(state, pane);
            }
            DashEffect::Ask(pane, cmd, label, text) => {
                state.modal = Some(Modal::Ask { pane, cmd, label, line: EditLine::new(&text) });
            }
            DashEffect::Notice(text) => state.shared.notify(text),
            DashEffect::Prompt(text) => {
                state.panes.get_mut(PaneId::Prompt).begin(&text);
                focus_pane(state, PaneId::Prompt);
            }
            DashEffect::Copy(text) => {
                state.shared.notify(format!("copied {} characters", text.chars().count()));
                out.push(DashEffect::Copy(text));
            }
            other => out.push(other),
        }
    }
    out
}

/// Focuses a pane; if the layout does not show it, it is shown alone.
fn focus_pane(state: &mut DashState, pane: PaneId) {
    if state.focus == pane {
        return;
    }
    let shown = state.placed().iter().any(|(id, _)| *id == pane);
    state.back = (!shown).then_some((state.focus, state.zoom));
    state.focus = pane;
    state.zoom = !shown || state.zoom;
}

fn keep_focus_visible(state: &mut DashState) {
    let placed = state.placed();
    if !placed.iter().any(|(id, _)| *id == state.focus)
        && let Some((first, _)) = placed.first()
    {
        state.focus = *first;
    }
}

fn sampled(state: &mut DashState, sample: Sample) {
    let s = &mut state.shared;
    // An unchanged sample needs no redraw.
    state.dirty = s.sample != sample;
    if state.dirty {
        s.calm = s.clock + FLASH_MS;
    }
    s.usage.advance(sample.now);
    if s.sample.speed != sample.speed {
        s.rate.forget();
    }
    s.rate.note(s.clock, sample.now, sample.instructions, sample.running);
    if let Some(stop) = sample.stop.as_ref().filter(|stop| stop.number != s.stop) {
        (s.stop, s.core, s.frame) = (stop.number, stop.core & 1, 0);
        s.before = s.at_stop.take();
    }
    if !sample.running {
        s.at_stop.clone_from(&sample.cpu);
    }
    s.breaks = sample.points.iter().filter(|p| p.kind == "break" && !p.off).map(|p| p.addr).collect();
    s.sample = sample;
    for id in PaneId::ALL {
        state.panes.get_mut(id).sampled(&state.shared);
    }
}

fn replied(state: &mut DashState, pane: Option<PaneId>, reply: &Reply) -> Vec<DashEffect> {
    match pane {
        Some(pane) => state.panes.get_mut(pane).reply(&mut state.shared, reply),
        None => {
            if let Some(line) = reply.text.lines().find(|l| !l.trim().is_empty()) {
                state.shared.notify(line);
            }
            Vec::new()
        }
    }
}

fn paste(state: &mut DashState, text: &str) -> Vec<DashEffect> {
    match &mut state.modal {
        Some(Modal::Palette(line, _)) => line.paste(text),
        Some(Modal::Ask { pane, cmd, line, .. }) => {
            line.paste(text);
            state.panes.get_mut(*pane).typed(&mut state.shared, *cmd, Some(line.text().trim()));
        }
        Some(_) => {}
        None => {
            let pane = state.panes.get_mut(state.focus);
            if pane.typing() {
                return pane.paste(&mut state.shared, text);
            }
        }
    }
    Vec::new()
}

fn key_pressed(state: &mut DashState, key: KeyEvent) -> Vec<DashEffect> {
    if key.kind == crossterm::event::KeyEventKind::Release {
        return Vec::new();
    }
    if let Some(modal) = state.modal.take() {
        return modal_key(state, modal, key);
    }
    let typing = state.panes.get(state.focus).typing();
    // Function keys work while typing; no firmware console needs them.
    if typing && !matches!(key.code, KeyCode::F(_)) {
        let area = state.inside(state.focus);
        let effects = state.panes.get_mut(state.focus).key(&mut state.shared, key, area);
        if !state.panes.get(state.focus).typing()
            && let Some(back) = state.back.take()
        {
            (state.focus, state.zoom) = back;
        }
        return effects;
    }
    match keys::lookup(key, state.focus) {
        Some(binding) => command(state, binding.cmd),
        None => {
            let (name, pane) = (keys::name_of_key(key), state.focus.title());
            state.shared.notify(format!("{name}: no meaning in {pane}; ? shows the keys"));
            Vec::new()
        }
    }
}

fn modal_key(state: &mut DashState, modal: Modal, key: KeyEvent) -> Vec<DashEffect> {
    if key.code == KeyCode::Esc {
        if let Modal::Ask { pane, cmd, .. } = modal {
            state.panes.get_mut(pane).typed(&mut state.shared, cmd, None);
        }
        return Vec::new();
    }
    match modal {
        Modal::Help(scroll) => help_key(state, scroll, key),
        Modal::Palette(line, row) => return palette_key(state, line, row, key),
        Modal::Ask { pane, cmd, label, mut line } => {
            if key.code == KeyCode::Enter {
                return state.panes.get_mut(pane).answer(&mut state.shared, cmd, line.text().trim());
            }
            if line.key(key) {
                state.panes.get_mut(pane).typed(&mut state.shared, cmd, Some(line.text().trim()));
            }
            state.modal = Some(Modal::Ask { pane, cmd, label, line });
        }
        Modal::Quit => {
            if matches!(key.code, KeyCode::Char('y' | 'Y' | 'q') | KeyCode::Enter)
                || ctrl(key, 'c')
                || ctrl(key, 'q')
            {
                return vec![DashEffect::Quit];
            }
            if state.detach && key.code == KeyCode::Char('k') {
                state.detach = false;
                return vec![DashEffect::Quit];
            }
        }
    }
    Vec::new()
}

fn ctrl(key: KeyEvent, c: char) -> bool {
    key.code == KeyCode::Char(c) && key.modifiers.contains(KeyModifiers::CONTROL)
}

fn help_key(state: &mut DashState, scroll: u16, key: KeyEvent) {
    let most = (2 * keys::TABLE.len()) as u16;
    let scroll = match key.code {
        KeyCode::Up | KeyCode::Char('k') => scroll.saturating_sub(1),
        KeyCode::Down | KeyCode::Char('j') => (scroll + 1).min(most),
        KeyCode::PageUp => scroll.saturating_sub(10),
        KeyCode::PageDown | KeyCode::Char(' ') => (scroll + 10).min(most),
        KeyCode::Home => 0,
        _ => return,
    };
    state.modal = Some(Modal::Help(scroll));
}

fn palette_key(state: &mut DashState, mut line: EditLine, row: usize, key: KeyEvent) -> Vec<DashEffect> {
    let found = modal::entries(&line.text());
    let row = match key.code {
        KeyCode::Enter => match found.get(row) {
            Some(entry) => return palette_run(state, entry),
            None => return Vec::new(),
        },
        KeyCode::Up => row.saturating_sub(1),
        KeyCode::Down => (row + 1).min(found.len().saturating_sub(1)),
        _ => {
            line.key(key);
            0
        }
    };
    state.modal = Some(Modal::Palette(line, row));
    Vec::new()
}

/// Executes a palette entry. A command of another pane goes to that pane.
fn palette_run(state: &mut DashState, entry: &modal::PaletteEntry) -> Vec<DashEffect> {
    let binding = match entry.what {
        modal::EntryAction::Key(binding) => binding,
        modal::EntryAction::Pane(pane) => {
            focus_pane(state, pane);
            return Vec::new();
        }
        modal::EntryAction::Monitor => return vec![DashEffect::Prompt(format!("{} ", entry.name))],
    };
    if let keys::Scope::In(panes) = binding.scope
        && !panes.contains(&state.focus)
    {
        let shown = state.placed();
        let best = panes.iter().find(|p| shown.iter().any(|(id, _)| id == *p)).unwrap_or(&panes[0]);
        focus_pane(state, *best);
    }
    command(state, binding.cmd)
}

/// Executes a command of the focused pane or of the dashboard.
pub fn command(state: &mut DashState, cmd: Cmd) -> Vec<DashEffect> {
    let area = state.inside(state.focus);
    if let Some(effects) = state.panes.get_mut(state.focus).command(&mut state.shared, cmd, area) {
        return effects;
    }
    if let Some(action) = control(state, cmd) {
        return vec![DashEffect::Act(None, action)];
    }
    match cmd {
        Cmd::Help => state.modal = Some(Modal::Help(0)),
        Cmd::Palette => state.modal = Some(Modal::Palette(EditLine::default(), 0)),
        Cmd::Pane => state.modal = Some(Modal::Palette(EditLine::new("show "), 0)),
        Cmd::Quit => state.modal = Some(Modal::Quit),
        Cmd::Prompt => return vec![DashEffect::Prompt(String::new())],
        Cmd::Add => {
            focus_pane(state, PaneId::Watch);
            return command(state, Cmd::Add);
        }
        Cmd::BreakOn => return vec![DashEffect::Prompt("break ".into())],
        Cmd::OtherCore => {
            state.shared.core ^= 1;
            (state.shared.task, state.shared.frame) = (None, 0);
        }
        Cmd::Theme => {
            state.shared.theme = state.shared.theme.next();
            let text = format!("theme {}: {}", state.shared.theme.name, state.shared.theme.doc);
            state.shared.notify(text);
        }
        Cmd::Redraw => return vec![DashEffect::Redraw],
        Cmd::Suspend => return vec![DashEffect::Suspend],
        Cmd::SaveConfig => return vec![DashEffect::Save],
        _ => arrange(state, cmd),
    }
    Vec::new()
}

/// Returns a command's action on the machine.
fn control(state: &mut DashState, cmd: Cmd) -> Option<Action> {
    let core = state.shared.core;
    Some(match cmd {
        Cmd::RunPause if state.shared.sample.running => Action::Pause,
        Cmd::RunPause | Cmd::Run => Action::Run,
        Cmd::Pause => Action::Pause,
        Cmd::StepInsn => Action::StepInsn(core),
        Cmd::StepBack => Action::StepBack(core),
        Cmd::RunBack => Action::RunBack,
        Cmd::StepLine => Action::StepLine(core),
        Cmd::Next => Action::Next(core),
        Cmd::Finish => Action::Finish(core),
        Cmd::LineBack => Action::LineBack(core),
        Cmd::NextBack => Action::NextBack(core),
        Cmd::FinishBack => Action::FinishBack(core),
        Cmd::PanicStop => Action::StopAtPanics(!state.shared.sample.panic_stop),
        Cmd::ResetChip => Action::Reset,
        Cmd::SaveSnapshot => {
            state.snapshots += 1;
            let name = format!("dash{}", state.snapshots);
            Action::Save(name)
        }
        Cmd::LoadSnapshot => Action::Load(format!("dash{}", state.snapshots)),
        _ => return None,
    })
}

/// Executes commands for layouts, focus and sizes.
fn arrange(state: &mut DashState, cmd: Cmd) {
    let kind = state.kind();
    match cmd {
        Cmd::Layout(n) => {
            state.focuses.insert(state.layouts.current, state.focus);
            state.layouts.current = LayoutId::ALL[usize::from(n) % LayoutId::ALL.len()];
            (state.zoom, state.back) = (false, None);
            if let Some(focus) = state.focuses.get(&state.layouts.current) {
                state.focus = *focus;
            } else if let Some((first, _)) = state.placed().first() {
                state.focus = *first;
            }
            keep_focus_visible(state);
        }
        Cmd::FocusNext | Cmd::FocusPrev => {
            // If one pane fills the screen, the next one is shown instead; a pane that does not fit the layout is shown
            // alone.
            let mut panes = Vec::new();
            state.layouts.tree(kind).panes(&mut panes);
            let at = panes.iter().position(|p| *p == state.focus).unwrap_or(0);
            let by = if cmd == Cmd::FocusNext { 1 } else { panes.len().max(1) - 1 };
            if let Some(pane) = panes.get((at + by) % panes.len().max(1)) {
                if let Some((_, zoom)) = state.back.take() {
                    state.zoom = zoom;
                }
                focus_pane(state, *pane);
            }
        }
        Cmd::Zoom => match state.back.take() {
            Some(back) => (state.focus, state.zoom) = back,
            None => {
                state.zoom = !state.zoom;
                keep_focus_visible(state);
            }
        },
        Cmd::Cancel => {
            if let Some(back) = state.back.take() {
                (state.focus, state.zoom) = back;
            }
        }
        Cmd::Wider => state.layouts.resize(kind, state.focus, false, 2),
        Cmd::Narrower => state.layouts.resize(kind, state.focus, false, -2),
        Cmd::Taller => state.layouts.resize(kind, state.focus, true, 2),
        Cmd::Lower => state.layouts.resize(kind, state.focus, true, -2),
        Cmd::ResetLayout => {
            state.layouts.reset(kind);
            state.zoom = false;
            keep_focus_visible(state);
        }
        Cmd::Up | Cmd::Down | Cmd::PageUp | Cmd::PageDown | Cmd::First | Cmd::Last => {}
        // A key without effect here shows a notice.
        other => {
            let (key, name) = (keys::key_of(other), keys::name_of(other));
            state.shared.notify(format!("{key}: nothing to {name} in {}", state.focus.title()));
        }
    }
}
