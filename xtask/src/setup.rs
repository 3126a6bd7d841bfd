//! Installs what building and testing need, into the project's own folders.
//!
//! Pinned tools go to `.tools/`, npm's packages to `node_modules/`: nothing of the machine changes, except for the
//! compiler's wasm target and, for tests, browsers from the distribution. A second run only checks.

use std::{
    env, fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use crate::shell;

/// 0.22 asks for a newer compiler than the pinned one.
const TRUNK: &str = "0.21.14";
const WASM_TARGET: &str = "wasm32-unknown-unknown";
/// What the browser tests' driver, playwright-core, asks for.
const NODE_MAJOR_MIN: u32 = 20;

/// The tools run for seconds where building them optimized takes minutes: 3 min against 9 min for Trunk, on 2 cores.
const CHEAP_PROFILE: &[(&str, &str)] = &[
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "256"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "0"),
    ("CARGO_PROFILE_RELEASE_STRIP", "true"),
];

/// What `serve` and `build` need.
pub fn build() -> Result<(), String> {
    let started = Instant::now();
    prerequisites()?;
    wasm_target()?;
    // Trunk builds offline, so that it never downloads tools of its own.
    shell::run("cargo", &["fetch", "--locked", "--quiet"])?;
    npm_packages()?;
    cargo_tool(&Tool {
        program: "wasm-bindgen",
        package: "wasm-bindgen-cli",
        version: &wasm_bindgen_version()?,
        // Its own lock names a package that the registry no longer serves.
        options: &[],
        takes: "about 2 minutes on 2 cores",
    })?;
    cargo_tool(&Tool {
        program: "trunk",
        package: "trunk",
        version: TRUNK,
        // Without its lock it resolves to a broken set of packages.
        // Nor does it need what talks to the network: it builds offline.
        options: &["--locked", "--no-default-features"],
        takes: "about 4 minutes on 2 cores",
    })?;
    // Only ever useful again for another version of the tools.
    let leftovers = shell::root().join(".tools/build");
    if leftovers.exists() {
        fs::remove_dir_all(&leftovers)
            .map_err(|error| format!("{} could not be removed: {error}", leftovers.display()))?;
    }
    if started.elapsed() > Duration::from_secs(10) {
        println!("set up in {}", shell::seconds(started.elapsed()));
    }
    Ok(())
}

/// What the native tests need beside a compiler: its formatter and linter.
pub fn native() -> Result<(), String> {
    for (component, program) in [("rustfmt", "fmt"), ("clippy", "clippy")] {
        if shell::output("cargo", &[program, "--version"]).is_err() {
            require(&[Prerequisite::RUSTUP])?;
            println!("  adding {component}");
            shell::run("rustup", &["component", "add", component])?;
        }
    }
    Ok(())
}

/// Chromium and its driver, where the tests find them.
#[derive(Debug)]
pub struct Browser {
    pub chromium: PathBuf,
    pub driver: PathBuf,
}

/// Finds Chromium and ChromeDriver; installs them where the system is Debian's and we may.
pub fn browser() -> Result<Browser, String> {
    found_or_installed("Chromium and ChromeDriver", &["chromium", "chromium-driver", "fonts-dejavu-core"], find_browser)
}

/// Finds the other engines with what drives them: Firefox; WebKit's driver, a display for it, and what makes its locale.
pub fn engines() -> Result<(), String> {
    let there = || {
        let programs = ["firefox-esr", "WebKitWebDriver", "Xvfb", "localedef"];
        (programs.iter().all(|program| shell::has(program)) && PathBuf::from(LOCALES).exists()).then_some(())
    };
    found_or_installed("Firefox and WebKit", &["firefox-esr", "webkit2gtk-driver", "xvfb", "locales"], there)
}

/// Where Debian keeps what locales are made from.
const LOCALES: &str = "/usr/share/i18n/locales/en_US";

/// What `find` finds, after installing `packages` if need be.
fn found_or_installed<T>(what: &str, packages: &[&str], find: impl Fn() -> Option<T>) -> Result<T, String> {
    if let Some(found) = find() {
        return Ok(found);
    }
    let by_hand = format!("install them, on Debian with:\n    sudo apt-get install {}", packages.join(" "));
    if !shell::has("apt-get") {
        return Err(format!("{what} are missing: {by_hand}"));
    }
    println!("  installing {what} by apt-get (about a minute)");
    let is_root = shell::output("id", &["-u"]).is_ok_and(|id| id.trim() == "0");
    for arguments in
        [vec!["update", "--quiet"], [&["install", "--yes", "--no-install-recommends", "--quiet"], packages].concat()]
    {
        let mut command = if is_root {
            shell::command("apt-get", &arguments)
        } else {
            shell::command("sudo", &[&["--non-interactive", "apt-get"], arguments.as_slice()].concat())
        };
        command.env("DEBIAN_FRONTEND", "noninteractive");
        shell::run_quietly(command, "apt-get").map_err(|error| format!("{error}\n{what} are missing: {by_hand}"))?;
    }
    find().ok_or_else(|| format!("{what} are still missing: {by_hand}"))
}

fn find_browser() -> Option<Browser> {
    let found = |variable: &str, programs: &[&str]| {
        env::var_os(variable).map(PathBuf::from).or_else(|| programs.iter().find_map(|program| shell::which(program)))
    };
    Some(Browser {
        chromium: found("HEADROOM_CHROMIUM", &["chromium", "chromium-browser", "google-chrome"])?,
        driver: found("CHROMEDRIVER", &["chromedriver"])?,
    })
}

struct Prerequisite {
    program: &'static str,
    what: &'static str,
    remedy: &'static str,
}

impl Prerequisite {
    const RUSTUP: Self = Self {
        program: "rustup",
        what: "rustup, which adds the compiler's wasm target",
        remedy: "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh",
    };
    const CC: Self = Self {
        program: "cc",
        what: "a C compiler, which links programs",
        remedy: "sudo apt-get install gcc libc6-dev",
    };
    const NODE: Self = Self {
        program: "node",
        what: "Node.js 20 or newer",
        remedy: "sudo apt-get install nodejs   (or https://nodejs.org)",
    };
    const NPM: Self = Self { program: "npm", what: "npm", remedy: "sudo apt-get install npm" };
}

fn prerequisites() -> Result<(), String> {
    require(&[Prerequisite::RUSTUP, Prerequisite::CC, Prerequisite::NODE, Prerequisite::NPM])?;
    let version = shell::output("node", &["--version"])?;
    let major = version.trim().trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < NODE_MAJOR_MIN) {
        return Err(format!(
            "Node.js {NODE_MAJOR_MIN} or newer is needed, found {}: see https://nodejs.org",
            version.trim()
        ));
    }
    Ok(())
}

/// Names everything that is missing at once, each with the command that installs it.
fn require(prerequisites: &[Prerequisite]) -> Result<(), String> {
    let missing: Vec<String> = prerequisites
        .iter()
        .filter(|prerequisite| !shell::has(prerequisite.program))
        .map(|prerequisite| format!("  {}:\n    {}", prerequisite.what, prerequisite.remedy))
        .collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("missing:\n{}", missing.join("\n"))) }
}

fn wasm_target() -> Result<(), String> {
    let library = shell::output("rustc", &["--print", "target-libdir", "--target", WASM_TARGET])?;
    if PathBuf::from(library.trim()).is_dir() {
        return Ok(());
    }
    println!("  adding the compiler's target {WASM_TARGET} (seconds)");
    shell::run("rustup", &["target", "add", WASM_TARGET])
}

fn npm_packages() -> Result<(), String> {
    let lock_file = shell::root().join("package-lock.json");
    let lock = fs::read(&lock_file).map_err(|error| format!("{} could not be read: {error}", lock_file.display()))?;
    let installed = shell::root().join("node_modules/.installed-lock.json");
    if fs::read(&installed).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    println!("  installing npm packages into node_modules/ (seconds)");
    shell::run("npm", &["ci", "--no-audit", "--no-fund", "--loglevel=error"])?;
    fs::write(&installed, lock).map_err(|error| format!("{} could not be written: {error}", installed.display()))
}

struct Tool<'a> {
    program: &'static str,
    package: &'static str,
    version: &'a str,
    options: &'static [&'static str],
    takes: &'static str,
}

fn cargo_tool(tool: &Tool<'_>) -> Result<(), String> {
    let Tool { program, package, version, options, takes } = tool;
    let binary = shell::root().join(".tools/bin").join(program);
    let binary = binary.to_str().ok_or("the project's path is not valid Unicode")?;
    if shell::output(binary, &["--version"]).is_ok_and(|said| said.split_whitespace().nth(1) == Some(version)) {
        return Ok(());
    }
    println!("  building {package} {version} into .tools/ ({takes}, once)");
    let started = Instant::now();
    let mut arguments =
        vec!["install", "--force", "--root", ".tools", "--target-dir", ".tools/build", "--version", version];
    arguments.extend_from_slice(options);
    arguments.push(package);
    let mut command = shell::command("cargo", &arguments);
    command.envs(CHEAP_PROFILE.iter().copied());
    shell::run_quietly(command, &format!("cargo {}", arguments.join(" ")))?;
    println!("    done in {}", shell::seconds(started.elapsed()));
    Ok(())
}

/// The tool must be exactly as new as the crate that the page is built with.
fn wasm_bindgen_version() -> Result<String, String> {
    let lock = fs::read_to_string(shell::root().join("Cargo.lock"))
        .map_err(|error| format!("Cargo.lock could not be read: {error}"))?;
    lock.split("[[package]]")
        .find(|package| package.contains("\nname = \"wasm-bindgen\"\n"))
        .and_then(|package| package.split("version = \"").nth(1)?.split('"').next())
        .map(str::to_owned)
        .ok_or_else(|| "Cargo.lock names no wasm-bindgen".to_owned())
}
