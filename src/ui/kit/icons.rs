//! Icons: Lucide, by its own names. The set comes from a crate; only what is named here is linked.

use icondata_core::IconData;
use yew::prelude::*;

#[derive(Debug, PartialEq, Properties)]
pub struct IconProps {
    /// Lucide's name, e.g. `step-forward`.
    pub name: AttrValue,
    #[prop_or_default]
    pub class: Classes,
}

/// An icon beside words or inside a labelled button: itself silent for screen readers.
#[component]
pub fn Icon(props: &IconProps) -> Html {
    icon(&props.name, &props.class.to_string())
}

/// The same without a component; `class` is added to `icon`.
pub fn icon(name: &str, class: &str) -> Html {
    let data = find(name).unwrap_or(icondata_lu::LuCircle);
    // The crate's own markup, never a person's text.
    let svg = format!(
        concat!(
            "<svg class=\"icon {}\" viewBox=\"0 0 24 24\" width=\"16\" height=\"16\" fill=\"none\" stroke=\"currentColor\" ",
            "stroke-width=\"2\" stroke-linecap=\"round\" stroke-linejoin=\"round\" aria-hidden=\"true\" focusable=\"false\">{}</svg>"
        ),
        class, data.data
    );
    Html::from_html_unchecked(AttrValue::from(svg))
}

/// The icon of a kind of station.
#[must_use]
pub fn station_icon(kind: &str) -> &'static str {
    crate::model::station::find(kind).map_or("box", |kind| kind.icon)
}

/// The class that tints a station's mark: `cat-source` and so on, see kit.css.
#[must_use]
pub fn category_class(kind: &str) -> &'static str {
    use crate::model::station::{Category, find};
    match find(kind).map(|kind| kind.category) {
        Some(Category::Client) | None => "cat-source",
        Some(Category::Routing) => "cat-balancer",
        Some(Category::Compute) => "cat-service",
        Some(Category::Cache) => "cat-cache",
        Some(Category::Data) => "cat-database",
        Some(Category::Messaging) => "cat-messaging",
    }
}

macro_rules! icons {
    ($($name:literal => $icon:ident),* $(,)?) => {
        fn find(name: &str) -> Option<&'static IconData> {
            match name {
                $($name => Some(icondata_lu::$icon),)*
                _ => None,
            }
        }
    };
}

icons! {
    "activity" => LuActivity,
    "alarm-clock" => LuAlarmClock,
    "arrow-right" => LuArrowRight,
    "ban" => LuBan,
    "book-open" => LuBookOpen,
    "box" => LuBox,
    "boxes" => LuBoxes,
    "box-select" => LuSquareDashedMousePointer,
    "bug" => LuBug,
    "building-2" => LuBuilding2,
    "cable" => LuCable,
    "chart-line" => LuChartLine,
    "check" => LuCheck,
    "chevron-down" => LuChevronDown,
    "chevron-left" => LuChevronLeft,
    "chevron-right" => LuChevronRight,
    "chevron-up" => LuChevronUp,
    "circle" => LuCircle,
    "circle-check" => LuCircleCheck,
    "circle-dot" => LuCircleDot,
    "circle-help" => LuCircleHelp,
    "circle-pause" => LuCirclePause,
    "circle-x" => LuCircleX,
    "clipboard-paste" => LuClipboardPaste,
    "clock" => LuClock,
    "coffee" => LuCoffee,
    "contrast" => LuContrast,
    "copy" => LuCopy,
    "copy-plus" => LuCopyPlus,
    "crosshair" => LuCrosshair,
    "database" => LuDatabase,
    "dices" => LuDices,
    "download" => LuDownload,
    "ellipsis" => LuEllipsis,
    "eraser" => LuEraser,
    "eye" => LuEye,
    "file-code" => LuFileCode,
    "file-down" => LuFileDown,
    "flag" => LuFlag,
    "flame" => LuFlame,
    "flask-conical" => LuFlaskConical,
    "folder-open" => LuFolderOpen,
    "gauge" => LuGauge,
    "globe" => LuGlobe,
    "graduation-cap" => LuGraduationCap,
    "grid-3x3" => LuGrid3x3,
    "hammer" => LuHammer,
    "hand" => LuHand,
    "heart-pulse" => LuHeartPulse,
    "history" => LuHistory,
    "hourglass" => LuHourglass,
    "info" => LuInfo,
    "keyboard" => LuKeyboard,
    "layers" => LuLayers,
    "layout-dashboard" => LuLayoutDashboard,
    "layout-grid" => LuLayoutGrid,
    "lightbulb" => LuLightbulb,
    "link" => LuLink,
    "list" => LuList,
    "list-tree" => LuListTree,
    "lock" => LuLock,
    "log-out" => LuLogOut,
    "mailbox" => LuMailbox,
    "magnet" => LuMagnet,
    "maximize" => LuMaximize,
    "menu" => LuMenu,
    "minus" => LuMinus,
    "moon" => LuMoon,
    "mouse-pointer-2" => LuMousePointer2,
    "network" => LuNetwork,
    "pause" => LuPause,
    "pencil" => LuPencil,
    "play" => LuPlay,
    "plus" => LuPlus,
    "receipt" => LuReceipt,
    "redo-2" => LuRedo2,
    "refresh-cw" => LuRefreshCw,
    "replace" => LuReplace,
    "rocket" => LuRocket,
    "rotate-ccw" => LuRotateCcw,
    "save" => LuSave,
    "scan" => LuScan,
    "scissors" => LuScissors,
    "server" => LuServer,
    "share-2" => LuShare2,
    "shield" => LuShield,
    "signpost" => LuSignpost,
    "siren" => LuSiren,
    "skull" => LuSkull,
    "sliders-horizontal" => LuSlidersHorizontal,
    "spline" => LuSpline,
    "square-dashed-mouse-pointer" => LuSquareDashedMousePointer,
    "step-forward" => LuStepForward,
    "sun" => LuSun,
    "sun-moon" => LuSunMoon,
    "table-2" => LuTable2,
    "target" => LuTarget,
    "timer" => LuTimer,
    "trash-2" => LuTrash2,
    "trending-up" => LuTrendingUp,
    "triangle-alert" => LuTriangleAlert,
    "trophy" => LuTrophy,
    "turtle" => LuTurtle,
    "undo-2" => LuUndo2,
    "unplug" => LuUnplug,
    "upload" => LuUpload,
    "users" => LuUsers,
    "volume-2" => LuVolume2,
    "wand-sparkles" => LuWandSparkles,
    "waypoints" => LuWaypoints,
    "wifi-off" => LuWifiOff,
    "workflow" => LuWorkflow,
    "wrench" => LuWrench,
    "x" => LuX,
    "zap" => LuZap,
    "zoom-in" => LuZoomIn,
    "zoom-out" => LuZoomOut,
}
