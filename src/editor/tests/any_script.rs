//! What must hold for any script, however a person works.

use super::*;

/// Any change that a person could make, over a few ids, so that scripts meet missing things too.
fn any_edit() -> impl Strategy<Value = EditCommand> {
    let id = || (1u32..8).prop_map(NodeId);
    let at = || (-600.0..600.0, -600.0..600.0).prop_map(|(x, y)| Point { x, y });
    let area = || (1u32..8).prop_map(AreaId);
    let landing = || prop::sample::select(vec![Landing::None, Landing::AsIs, Landing::OffLines]);
    let rect =
        || (at(), 0.0..900.0, 0.0..700.0).prop_map(|(at, width, height)| Rect { x: at.x, y: at.y, width, height });
    let kind = prop::sample::select(vec!["source", "balancer", "service", "cache", "database", "teapot"]);
    let selection = || {
        let some = |count| prop::collection::btree_set(1u32..8, 0..count);
        (some(4), some(3), some(2)).prop_map(|(nodes, edges, areas)| Selection {
            nodes: nodes.into_iter().map(NodeId).collect(),
            edges: edges.into_iter().map(crate::topology::document::EdgeId).collect(),
            areas: areas.into_iter().map(AreaId).collect(),
        })
    };
    prop_oneof![
        4 => (kind, at()).prop_map(|(kind, at)| EditCommand::AddNode {
            kind: kind.to_owned(), at, label: None, params: Params::new()
        }),
        4 => (id(), id()).prop_map(|(from, to)| EditCommand::Connect { from, to }),
        2 => (id(), at()).prop_map(|(node, at)| EditCommand::MoveTo([(node, at)].into())),
        3 => (any::<bool>(), rect(), prop::option::weighted(0.3, area())).prop_map(|(zone, frame, within)| EditCommand::AddArea { zone, within, frame }),
        3 => (id(), at(), area(), prop::option::of(rect()), landing()).prop_map(|(node, at, area, frame, landing)| {
            EditCommand::Arrange {
                nodes: [(node, at)].into(),
                frames: frame.map(|frame| (area, frame)).into_iter().collect(),
                landing,
            }
        }),
        2 => (area(), rect(), landing()).prop_map(|(area, frame, landing)| EditCommand::ResizeArea { area, frame, landing }),
        2 => (id(), prop::option::of(area())).prop_map(|(node, area)| EditCommand::StandIn { node, area }),
        1 => (area(), prop::sample::select(vec!["eu-west-1", "us-east-1", "atlantis"]))
            .prop_map(|(area, region)| EditCommand::SetRegion { area, region: region.to_owned() }),
        1 => (area(), "[a-c ]{0,3}").prop_map(|(area, label)| EditCommand::RenameArea { area, label }),
        2 => (id(), 0.0..9.0).prop_map(|(node, value): (NodeId, f64)| EditCommand::SetParam {
            target: Target::Node(node), key: "replicas".to_owned(), value: Some(Value::Number(value.round()))
        }),
        1 => (id(), "[a-c ]{0,3}").prop_map(|(node, label)| EditCommand::Rename { node, label }),
        1 => selection().prop_map(EditCommand::Delete),
        1 => selection().prop_map(EditCommand::Duplicate),
        1 => (0u64..4).prop_map(EditCommand::SetSeed),
        1 => (id(), 0.0..20.0).prop_map(|(node, at_secs)| EditCommand::AddFault(ScheduledFault {
            at_secs, for_secs: None,
            fault: Fault { kind: "kill".to_owned(), target: FaultTarget::Node(node), params: Params::new() },
        })),
    ]
}

fn any_action() -> impl Strategy<Value = Action> {
    let pos = || (-20.0..1000.0, -20.0..700.0).prop_map(|(x, y)| Point { x, y });
    let key = prop::sample::select(vec!["Escape", "Delete", "ArrowUp", "c", "f", "+", "z", "a", "v", "d", "x"]);
    let modifiers =
        (any::<bool>(), any::<bool>()).prop_map(|(shift, ctrl)| Modifiers { shift, ctrl, ..Modifiers::default() });
    let kind = prop_oneof![
        3 => Just(InputKind::Down(Button::Primary)),
        1 => Just(InputKind::Down(Button::Middle)),
        5 => Just(InputKind::Move),
        3 => Just(InputKind::Up),
        1 => Just(InputKind::Cancel),
        2 => key.prop_map(|key| InputKind::KeyDown(key.to_owned())),
    ];
    let input = (kind, pos(), modifiers, 1u32..3, prop::bool::weighted(0.2)).prop_map(
        |(kind, pos_screen, modifiers, pointer, touch)| {
            Action::Input(Input { kind, pos_screen, modifiers, pointer, touch })
        },
    );
    let request = prop_oneof![
        any::<bool>().prop_map(|dragged| ToolRequest::Place { kind: "cache".to_owned(), dragged }),
        (1u32..8).prop_map(|id| ToolRequest::Pick(NodeId(id))),
        (any::<bool>(), any::<bool>()).prop_map(|(zone, dragged)| ToolRequest::PlaceArea { zone, dragged }),
        any::<bool>().prop_map(|zone| ToolRequest::PlaceAreaAtCenter { zone }),
        Just(ToolRequest::Connect { from: None }),
        Just(ToolRequest::Cancel),
    ];
    prop_oneof![
        3 => any_edit().prop_map(Action::Edit),
        1 => any_edit().prop_map(|edit| Action::Drag { gesture: GestureId::Named("slider".to_owned()), edit }),
        8 => input,
        1 => request.prop_map(Action::Tool),
        1 => Just(Action::EndGesture),
        1 => Just(Action::CancelGesture),
        1 => Just(Action::Undo),
        1 => Just(Action::Redo),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is done, in whatever order, no state breaks a rule.
    #[test]
    fn no_script_breaks_an_invariant(script in prop::collection::vec(any_action(), 1..60)) {
        let mut start = document("src -> lb; lb -> a; lb -> b; a -> db");
        areas::add_region_with_zone(&mut start);
        let mut state = EditorState::new(Rc::new(start));
        state.session.viewport = Size { width: 1000.0, height: 700.0 };
        for action in script {
            let said = format!("{action:?}");
            state = update(&state, action);
            if let Err(broken) = validate_invariants(&state) {
                return Err(TestCaseError::fail(format!("{broken} after {said}")));
            }
        }
    }

    /// n steps back and n steps forth lead to the same document, through the same documents.
    #[test]
    fn undo_then_redo_is_identity(script in prop::collection::vec(any_edit(), 1..40)) {
        let mut state = EditorState::default();
        let mut documents = vec![state.document.clone()];
        for edit in script {
            let steps = state.history.undo_len();
            state = update(&state, Action::Edit(edit));
            if state.history.undo_len() > steps {
                documents.push(state.document.clone());
            }
        }
        prop_assert_eq!(state.history.undo_len(), documents.len() - 1);
        for expected in documents.iter().rev().skip(1) {
            state = update(&state, Action::Undo);
            prop_assert_eq!(&state.document, expected);
        }
        for expected in documents.iter().skip(1) {
            state = update(&state, Action::Redo);
            prop_assert_eq!(&state.document, expected);
        }
    }
}
