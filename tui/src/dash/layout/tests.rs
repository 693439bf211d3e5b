use super::*;

#[test]
fn every_built_in_layout_parses_and_prints_as_it_was_written() {
    for id in LayoutId::ALL {
        for size in Size::ALL {
            let node: Node = id.built_in(size).parse().unwrap();
            assert_eq!(node.to_string().parse(), Ok(node));
        }
    }
}

#[test]
fn garbage_is_refused() {
    let deep = "v(".repeat(100);
    for text in [
        "",
        "x",
        "h(",
        "h()",
        "h(cpu:0)",
        "h(cpu:9999)",
        "cpu cpu",
        "h(cpu cpu)",
        "z(cpu)",
        &deep,
        "h(cpu:é)",
    ] {
        assert!(text.parse::<Node>().is_err(), "{text}");
    }
}

#[test]
fn placed_panes_cover_the_area_without_overlap_at_any_size() {
    for id in LayoutId::ALL {
        for size in Size::ALL {
            let tree = built_in(id, size);
            for (width, height) in [(0, 0), (1, 1), (5, 5), (13, 4), (80, 23), (120, 39), (500, 200)] {
                let mut placed = Vec::new();
                tree.place(Rect::new(0, 1, width, height), &mut placed);
                let cells: u32 = placed.iter().map(|(_, r)| u32::from(r.width) * u32::from(r.height)).sum();
                assert_eq!(cells, u32::from(width) * u32::from(height), "{id:?} {size:?} {width}x{height}");
                for (n, (_, a)) in placed.iter().enumerate() {
                    assert!(placed[..n].iter().all(|(_, b)| !a.intersects(*b)), "{id:?} {size:?}");
                }
            }
        }
    }
}

#[test]
fn a_pane_grows_in_the_nearest_split_of_the_direction() {
    let mut layouts = Layouts::default();
    layouts.resize(Size::Small, PaneId::Code, false, 5);
    assert_eq!(layouts.tree(Size::Small).to_string(), "v(h(code:35 tasks:20):10 console:10)");
    layouts.resize(Size::Small, PaneId::Code, true, -50);
    assert_eq!(layouts.tree(Size::Small).to_string(), "v(h(code:35 tasks:20):1 console:10)");
    layouts.reset(Size::Small);
    assert_eq!(layouts.tree(Size::Small), built_in(LayoutId::Overview, Size::Small));
}

#[test]
fn a_border_is_dragged_and_both_its_panes_follow() {
    let area = Rect::new(0, 1, 80, 22);
    let mut layouts = Layouts::default();
    let places = |layouts: &Layouts| {
        let mut out = Vec::new();
        layouts.tree(Size::Small).place(area, &mut out);
        out
    };
    let before = places(&layouts);
    let (code, console) = (before[0].1, before[2].1);
    // Moves Code's right edge four columns to the left, then the console's upper edge three rows up.
    assert!(
        layouts
            .drag(Size::Small, area, Position::new(code.right() - 1, 5), Position::new(code.right() - 5, 9))
            .is_some()
    );
    assert!(
        layouts
            .drag(Size::Small, area, Position::new(3, console.y), Position::new(3, console.y - 3))
            .is_some()
    );
    let after = places(&layouts);
    assert_eq!(after[0].1, Rect { width: code.width - 4, height: code.height - 3, ..code });
    assert_eq!(after[1].1.right(), 80);
    assert_eq!(after[2].1, Rect { y: console.y - 3, height: console.height + 3, ..console });
    // Panes keep their minimum size, and a drag inside a pane does nothing.
    for to in [0, 2, 79, 500] {
        layouts.drag(Size::Small, area, Position::new(after[0].1.right(), 5), Position::new(to, 5));
        assert!(places(&layouts).iter().all(|(_, r)| r.width >= MIN.0 && r.height >= MIN.1));
    }
    assert_eq!(layouts.drag(Size::Small, area, Position::new(5, 5), Position::new(9, 5)), None);
    assert_eq!(
        layouts.drag(Size::Small, Rect::new(0, 0, 3, 1), Position::new(2, 0), Position::new(0, 0)),
        None
    );
    let text = layouts.tree(Size::Small).to_string();
    assert!(text.parse::<Node>().is_ok(), "{text}");
}
