//! What this program may do, and how it gives up what it needs no more.
//!
//! Opening an interface takes a privilege; parsing what strangers send must have none. So once the capture is
//! open, root becomes the user who called sudo, or nobody.

use super::CaptureError;
use nix::errno::Errno;
use nix::unistd::{
    Gid, Uid, User, geteuid, getgroups, getresgid, getresuid, setgroups, setresgid, setresuid,
};
use std::fs;

/// Number of the capability to capture (`CAP_NET_RAW`, capabilities(7)).
const CAP_NET_RAW: u32 = 13;
/// The user and group that own nothing, where the system does not name them.
const NOBODY: u32 = 65534;

/// As whom the program goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// It was not root, and is who it was.
    Unchanged,
    /// It was root, and is this user and group for good.
    Changed {
        /// The user's number.
        user: u32,
        /// The group's number.
        group: u32,
    },
    /// It is root of a user namespace that has no other users, and so an ordinary user outside.
    Confined,
}

/// Whether this process may capture; true also where the system does not tell.
#[must_use]
pub fn can_capture() -> bool {
    capabilities("CapEff").is_none_or(|effective| effective >> CAP_NET_RAW & 1 == 1)
}

/// One of this process's sets of capabilities.
fn capabilities(set: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(set)?.strip_prefix(':'))?;
    u64::from_str_radix(line.trim(), 16).ok()
}

/// The user and group for whom root works: those of whoever called sudo.
#[must_use]
pub fn sudo_user() -> Option<(u32, u32)> {
    let variable = |name| std::env::var(name).ok();
    let user = invoker(variable("SUDO_UID").as_deref(), variable("SUDO_GID").as_deref());
    user.filter(|(user, _)| geteuid().is_root() && !is_confined(*user))
}

/// Gives up root for good, supplementary groups and capabilities included, in all threads of the process; makes
/// sure of it by trying to become root again.
///
/// # Errors
/// When a step fails. Some privileges may be gone then, and others not: it is best to end.
pub fn drop_root() -> Result<Identity, CaptureError> {
    if !geteuid().is_root() {
        return Ok(Identity::Unchanged);
    }
    let variable = |name| std::env::var(name).ok();
    let (user, group) =
        invoker(variable("SUDO_UID").as_deref(), variable("SUDO_GID").as_deref()).unwrap_or_else(nobody);
    if is_confined(user) {
        return Ok(Identity::Confined);
    }
    let (uid, gid) = (Uid::from_raw(user), Gid::from_raw(group));
    // Groups first: only root may change them.
    setgroups(&[gid]).map_err(|error| failed("setting the groups", error))?;
    setresgid(gid, gid, gid).map_err(|error| failed("changing the group", error))?;
    setresuid(uid, uid, uid).map_err(|error| failed("changing the user", error))?;
    verify(uid, gid)?;
    Ok(Identity::Changed { user, group })
}

fn verify(uid: Uid, gid: Gid) -> Result<(), CaptureError> {
    let kept = |what: &str| CaptureError::Privileges { reason: format!("{what} is still there") };
    let root = Uid::from_raw(0);
    if setresuid(root, root, root).is_ok() {
        return Err(kept("the way back to root"));
    }
    let users = getresuid().map_err(|error| failed("asking for the user", error))?;
    if [users.real, users.effective, users.saved] != [uid; 3] {
        return Err(kept("another user"));
    }
    let groups = getresgid().map_err(|error| failed("asking for the group", error))?;
    if [groups.real, groups.effective, groups.saved] != [gid; 3] {
        return Err(kept("another group"));
    }
    if getgroups().map_err(|error| failed("asking for the groups", error))?.iter().any(|group| *group != gid)
    {
        return Err(kept("a supplementary group"));
    }
    if capabilities("CapPrm").is_some_and(|permitted| permitted != 0) {
        return Err(kept("a capability"));
    }
    Ok(())
}

fn failed(step: &str, error: Errno) -> CaptureError {
    CaptureError::Privileges { reason: format!("{step} failed: {}", error.desc()) }
}

/// The user who called sudo, unless that is root as well.
fn invoker(uid: Option<&str>, gid: Option<&str>) -> Option<(u32, u32)> {
    let user = uid?.parse().ok()?;
    let group = gid?.parse().ok()?;
    (user != 0 && group != 0).then_some((user, group))
}

fn nobody() -> (u32, u32) {
    match User::from_name("nobody") {
        Ok(Some(user)) if !user.uid.is_root() => (user.uid.as_raw(), user.gid.as_raw()),
        _ => (NOBODY, NOBODY),
    }
}

/// Whether this process is in a user namespace where the user does not exist.
fn is_confined(user: u32) -> bool {
    fs::read_to_string("/proc/self/uid_map").is_ok_and(|map| !maps(&map, user))
}

/// Whether a map of users (user_namespaces(7): first inside, first outside, how many) has a user.
fn maps(map: &str, user: u32) -> bool {
    map.lines().any(|line| {
        let fields: Vec<u64> = line.split_ascii_whitespace().filter_map(|field| field.parse().ok()).collect();
        matches!(fields.as_slice(), [first, _, count] if (*first..first.saturating_add(*count)).contains(&u64::from(user)))
    })
}

#[cfg(test)]
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
mod tests {
    use super::*;
    use std::process::Command;

    /// In this variable, the name of the test that is run again in a process of its own.
    const AGAIN: &str = "WIRETELL_TEST_DROPS_ROOT";

    #[test]
    fn the_user_who_called_sudo_is_gone_back_to() {
        assert_eq!(invoker(Some("1000"), Some("1001")), Some((1000, 1001)));
    }

    #[test]
    fn root_who_called_sudo_and_rubbish_are_nobody() {
        for (uid, gid) in [
            (Some("0"), Some("0")),
            (Some("1000"), Some("0")),
            (Some("-1"), Some("5")),
            (Some("4294967296"), Some("5")),
            (Some("1000"), None),
            (None, None),
        ] {
            assert_eq!(invoker(uid, gid), None, "{uid:?} {gid:?}");
        }
    }

    #[test]
    fn a_namespace_with_one_user_has_no_nobody() {
        assert!(maps("         0          0 4294967295\n", NOBODY));
        assert!(!maps("         0       1000          1\n", NOBODY));
        assert!(maps("0 1000 1\n1 100000 65536\n", NOBODY));
        assert!(!maps("0 18446744073709551615", 0));
    }

    #[test]
    fn root_is_given_up_for_good() {
        if !geteuid().is_root() {
            eprintln!("SKIPPED: only root can give root up");
            return;
        }
        if std::env::var_os(AGAIN).is_some() {
            let identity = drop_root().unwrap();
            assert!(matches!(identity, Identity::Changed { user: 1234, group: 1235 } | Identity::Confined));
            if identity != Identity::Confined {
                assert!(!can_capture());
                assert!(fs::read("/etc/shadow").is_err());
                assert_eq!(drop_root().unwrap(), Identity::Unchanged);
                // Every thread has given it up, not only the one that asked.
                std::thread::spawn(|| assert!(!geteuid().is_root())).join().unwrap();
            }
            return;
        }
        // The tests beside this one need their privileges.
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["capture::privileges::tests::root_is_given_up_for_good", "--exact"])
            .env(AGAIN, "1")
            .env("SUDO_UID", "1234")
            .env("SUDO_GID", "1235")
            .status()
            .unwrap();
        assert!(status.success());
    }
}
