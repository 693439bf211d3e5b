//! Names of the panes. `pane/mod.rs` has their code.

macro_rules! pane_ids {
    ($( $id:ident = $name:literal, $title:literal, $doc:literal; )+) => {
        /// Identifier of a pane.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum PaneId { $( #[doc = $doc] $id ),+ }

        impl PaneId {
            /// All panes.
            pub const ALL: [PaneId; [$($name),+].len()] = [$(PaneId::$id),+];

            /// Returns the pane's name in layouts.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(PaneId::$id => $name),+ }
            }

            /// Returns the title in the pane's border.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(PaneId::$id => $title),+ }
            }

            /// Returns a description of the pane's contents.
            #[must_use]
            pub const fn doc(self) -> &'static str {
                match self { $(PaneId::$id => $doc),+ }
            }

            /// Returns the pane with this name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|p| p.name() == name)
            }
        }
    };
}

pane_ids! {
    Cpu = "cpu", "CPU", "Registers of a core: window, special registers, PS, loop, interrupts; what changed since the last stop.";
    Code = "code", "Code", "Source and instructions at the PC, with breakpoints.";
    Backtrace = "backtrace", "Backtrace", "The calls that led here, with local variables.";
    Tasks = "tasks", "Tasks", "FreeRTOS tasks: state, core, priority, stack, CPU share, what each waits for.";
    Timeline = "timeline", "Timeline", "Who ran on which core when.";
    Eth = "eth", "open_eth", "The Ethernet controller: registers by field, both descriptor rings. Or the Wi-Fi MAC: slots, receive list, filters, key slots, the networks around it.";
    Frames = "frames", "Frames", "Frames of Ethernet and 802.11, decoded: ARP, DHCP, DNS, TCP, HTTP, beacons, EAPOL.";
    Periph = "periph", "Peripherals", "Every peripheral's registers and their bit fields.";
    Memory = "memory", "Memory", "Bytes of memory: follow pointers, edit, search.";
    Watch = "watch", "Watch", "Variables and expressions, by their types.";
    Points = "points", "Breakpoints", "Break- and watchpoints of all clients.";
    Trace = "trace", "Trace", "Traced events, with filters.";
    Console = "console", "UART", "What the UARTs say; input, search, decoded backtraces.";
    Prompt = "prompt", "Monitor", "Monitor commands, with history and completion.";
}
