//! Running programs: from the project's folder, with its own tools first on the path.

use std::{
    env,
    ffi::OsString,
    io::{BufRead, BufReader, IsTerminal},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// The project's folder.
pub fn root() -> PathBuf {
    // Cargo sets it when it runs xtask; the compiled-in value serves a binary started by hand.
    let xtask =
        env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    xtask.parent().expect("xtask stands in the project's folder").to_path_buf()
}

/// Where Cargo builds: shared by all steps, so that nothing is compiled twice.
pub fn target_dir() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A program to run from the project's folder, with `.tools/bin` and `node_modules/.bin` first on the path.
pub fn command(program: &str, arguments: &[&str]) -> Command {
    let mut path = vec![root().join(".tools/bin"), root().join("node_modules/.bin")];
    path.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    let path = env::join_paths(path).expect("directories taken from PATH hold no separator");
    // Looked up here: a child's program is searched for on our path, not on the one we give it.
    let program = find(program, &path).unwrap_or_else(|| PathBuf::from(program));
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root()).env("PATH", path);
    command
}

/// Runs to the end with its output shown. An error names the command, ready to be run again by hand.
pub fn run(program: &str, arguments: &[&str]) -> Result<(), String> {
    finish(command(program, arguments), &line(program, arguments))
}

/// [`run`] for a command prepared by the caller; `name` stands for it in the error.
pub fn finish(mut command: Command, name: &str) -> Result<(), String> {
    let status = command.status().map_err(|error| format!("`{name}` did not start: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{name}` failed ({status})")) }
}

/// Runs to the end and returns what it wrote to standard output; an error carries what it wrote to standard error.
pub fn output(program: &str, arguments: &[&str]) -> Result<String, String> {
    let name = line(program, arguments);
    let output = command(program, arguments).output().map_err(|error| format!("`{name}` did not start: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("`{name}` failed ({})\n{}", output.status, String::from_utf8_lossy(&output.stderr)))
    }
}

/// Runs a long build quietly: a line of progress now and then, everything it said only if it fails.
pub fn run_quietly(mut command: Command, name: &str) -> Result<(), String> {
    const EVERY: Duration = Duration::from_secs(15);
    let started = Instant::now();
    let mut told = started;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("`{name}` did not start: {error}"))?;
    let stderr = child.stderr.take().expect("standard error was asked for");
    let mut said = Vec::new();
    let mut compiled = 0;
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        compiled += usize::from(line.trim_start().starts_with("Compiling"));
        said.push(line);
        if told.elapsed() >= EVERY {
            told = Instant::now();
            println!("    … {compiled} crates, {}", seconds(started.elapsed()));
        }
    }
    let status = child.wait().map_err(|error| format!("`{name}` was lost: {error}"))?;
    if status.success() {
        return Ok(());
    }
    let tail = said[said.len().saturating_sub(40)..].join("\n");
    Err(format!("{tail}\n`{name}` failed ({status})"))
}

/// Whether a program is on the path.
pub fn has(program: &str) -> bool {
    find(program, &env::var_os("PATH").unwrap_or_default()).is_some()
}

/// Where a program is on the path.
pub fn which(program: &str) -> Option<PathBuf> {
    find(program, &env::var_os("PATH").unwrap_or_default())
}

fn find(program: &str, path: &OsString) -> Option<PathBuf> {
    env::split_paths(path)
        .flat_map(|folder| [folder.join(program), folder.join(format!("{program}.exe"))])
        .find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
    }
    #[cfg(not(unix))]
    file.is_file()
}

/// Whether a person is watching.
pub fn is_interactive() -> bool {
    std::io::stdout().is_terminal()
}

/// "4.2 s" or "3 min 07 s".
pub fn seconds(duration: Duration) -> String {
    let secs = duration.as_secs_f64();
    if secs < 60.0 {
        format!("{secs:.1} s")
    } else {
        format!("{} min {:02} s", duration.as_secs() / 60, duration.as_secs() % 60)
    }
}

fn line(program: &str, arguments: &[&str]) -> String {
    [&[program], arguments].concat().join(" ")
}
