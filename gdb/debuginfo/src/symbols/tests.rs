//! Symbols of the bundled demo.

use super::*;
use std::sync::Arc;

fn demo() -> Symbols {
    let bytes: &'static [u8] = include_bytes!("../../../../fixtures/demo/demo.elf");
    Symbols::new(vec![Arc::new(Elf::parse("demo.elf", bytes).unwrap())])
}

#[test]
fn the_demo_names_functions_variables_and_types() {
    let s = demo();
    let f = s.symbol("xTaskIncrementTick").unwrap();
    assert_eq!(f.kind, SymbolKind::Function);
    let frames = s.frames_at(f.addr + 3);
    assert_eq!(frames.last().unwrap().function.as_deref(), Some("xTaskIncrementTick"), "{frames:?}");
    assert!(frames.last().unwrap().file.as_ref().unwrap().ends_with("tasks.c"));
    assert_eq!(s.symbol_at(f.addr + 3).unwrap().name, "xTaskIncrementTick");
    let tcb = s.type_named("TCB_t").unwrap();
    let (offset, ty) = s.member_path(tcb, "xStateListItem.pxNext").unwrap();
    assert!(offset > 0);
    assert_eq!(s.type_name(ty), "struct xLIST_ITEM *");
    let v = s.variable("pxReadyTasksLists").unwrap();
    assert!(s.type_name(v.ty).starts_with("List_t ["), "{}", s.type_name(v.ty));
    assert!(s.variables().len() > 20);
}
