//! The names of what is called: procedures of the programs behind NFS.

use super::message::{NFS, PORTMAP};

/// mountd (RFC 1813 appendix I), the lock manager and the status monitor (The Open Group, XNFS chapters 10 and 11).
const MOUNT: u32 = 100_005;
const LOCKS: u32 = 100_021;
const STATUS: u32 = 100_024;

/// RFC 1094 section 2.2.
const NFS_2: &[&str] = &[
    "NULL", "GETATTR", "SETATTR", "ROOT", "LOOKUP", "READLINK", "READ", "WRITECACHE", "WRITE", "CREATE", "REMOVE", "RENAME", "LINK",
    "SYMLINK", "MKDIR", "RMDIR", "READDIR", "STATFS",
];
/// RFC 1813 section 3.
const NFS_3: &[&str] = &[
    "NULL", "GETATTR", "SETATTR", "LOOKUP", "ACCESS", "READLINK", "READ", "WRITE", "CREATE", "MKDIR", "SYMLINK", "MKNOD", "REMOVE",
    "RMDIR", "RENAME", "LINK", "READDIR", "READDIRPLUS", "FSSTAT", "FSINFO", "PATHCONF", "COMMIT",
];
/// RFC 8881 section 16.
const NFS_4: &[&str] = &["NULL", "COMPOUND"];
/// RFC 1833 section 3.2.
const PORTMAP_2: &[&str] = &["NULL", "SET", "UNSET", "GETPORT", "DUMP", "CALLIT"];
/// RFC 1833 section 2.2.1.
const RPCBIND: &[&str] = &[
    "NULL", "SET", "UNSET", "GETADDR", "DUMP", "CALLIT", "GETTIME", "UADDR2TADDR", "TADDR2UADDR", "GETVERSADDR", "INDIRECT",
    "GETADDRLIST", "GETSTAT",
];
const MOUNTING: &[&str] = &["NULL", "MNT", "DUMP", "UMNT", "UMNTALL", "EXPORT", "EXPORTALL", "PATHCONF"];
const LOCKING: &[&str] = &[
    "NULL", "TEST", "LOCK", "CANCEL", "UNLOCK", "GRANTED", "TEST_MSG", "LOCK_MSG", "CANCEL_MSG", "UNLOCK_MSG", "GRANTED_MSG", "TEST_RES",
    "LOCK_RES", "CANCEL_RES", "UNLOCK_RES", "GRANTED_RES",
];
/// Those of versions 3 and 4 that share files.
const SHARING: &[&str] = &["SHARE", "UNSHARE", "NM_LOCK", "FREE_ALL"];
const MONITORING: &[&str] = &["NULL", "STAT", "MON", "UNMON", "UNMON_ALL", "SIMU_CRASH", "NOTIFY"];

/// A procedure's name, or its number where nobody here knows it.
pub(super) fn name(program: u32, version: u32, procedure: u32) -> String {
    // Those of the lock manager that share files are numbered from 20 on.
    let (names, first): (&[&str], u32) = match (program, version) {
        (PORTMAP, 2) => (PORTMAP_2, 0),
        (PORTMAP, 3 | 4) => (RPCBIND, 0),
        (NFS, 2) => (NFS_2, 0),
        (NFS, 3) => (NFS_3, 0),
        (NFS, 4) => (NFS_4, 0),
        (MOUNT, 1..=3) => (MOUNTING, 0),
        (LOCKS, 3 | 4) if procedure >= 20 => (SHARING, 20),
        (LOCKS, 1..=4) => (LOCKING, 0),
        (STATUS, 1) => (MONITORING, 0),
        // Whatever the program, its first procedure does nothing (RFC 5531 section 12.1).
        _ => (&["NULL"], 0),
    };
    let place = procedure.saturating_sub(first);
    let name = usize::try_from(place).ok().and_then(|place| names.get(place));
    name.map_or_else(|| procedure.to_string(), |name| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn procedures_are_named_by_program_and_version() {
        assert_eq!([name(PORTMAP, 2, 3), name(PORTMAP, 4, 3)], ["GETPORT", "GETADDR"]);
        assert_eq!([name(NFS, 2, 4), name(NFS, 3, 4), name(NFS, 4, 1)], ["LOOKUP", "ACCESS", "COMPOUND"]);
        assert_eq!([name(LOCKS, 4, 2), name(LOCKS, 4, 23), name(LOCKS, 4, 17)], ["LOCK", "FREE_ALL", "17"]);
        assert_eq!([name(MOUNT, 3, 1), name(STATUS, 1, 2), name(391_000, 7, 0), name(391_000, 7, 9)], ["MNT", "MON", "NULL", "9"]);
    }
}
