//! What a request may use up: disk space and outside connections (guide 3.1/1, 3.1/6, 4; notes N9 to N12).
//!
//! In: a request, the defaults of configm.ini, bytes on disk. Out: limits as plain numbers, and whether space is left.

use super::Refused;
use crate::hit::configm::Configm;
use crate::hit::request::{CommandKind, ServiceRequest};
use crate::wire::Refusal;

/// The defaults of configm.ini for what a request leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Megabytes of an owner.
    pub disk_quota: u64,
    /// Megabytes of a group.
    pub group_disk_quota: u64,
    /// Percent above either that are let pass.
    pub grace_percent: u64,
    /// Outside connections charged to an owner.
    pub outside_connections: u32,
    /// Outside connections charged to a group.
    pub group_outside_connections: u32,
}

impl Limits {
    /// What a configm.ini says, or the guide's defaults.
    pub fn of(configm: &Configm) -> Limits {
        Limits {
            disk_quota: configm.default_disk_quota(),
            group_disk_quota: configm.default_group_disk_quota(),
            grace_percent: configm.grace_disk_quota(),
            outside_connections: configm.default_max_outconnection(),
            group_outside_connections: configm.default_max_group_outconnection(),
        }
    }
}

/// How many bytes may be in use when a meeting is opened; `None`: nobody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Quotas {
    /// The owner's recordings, in all groups.
    pub owner: Option<u64>,
    /// The recordings of the whole group.
    pub group: Option<u64>,
}

impl Quotas {
    /// What a request that opens a meeting is measured by: both only if it is to be recorded, each only if its quota is not 0, a
    /// group's only if the request names one.
    pub fn of(request: &ServiceRequest, limits: &Limits) -> Quotas {
        let recorded = matches!(request.command.kind, CommandKind::Meeting | CommandKind::LeaveMessage)
            && request.command.recording;
        if !recorded {
            return Quotas::default();
        }
        let bytes = |megabytes: u64| {
            let percent = u128::from(limits.grace_percent) + 100;
            let bytes = (u128::from(megabytes) * u128::from(MEGABYTE)).saturating_mul(percent) / 100;
            (megabytes > 0).then(|| u64::try_from(bytes).unwrap_or(u64::MAX))
        };
        let group = request.group.as_ref().map(|group| group.disk_quota.unwrap_or(limits.group_disk_quota));
        Quotas { owner: bytes(request.owner.disk_quota.unwrap_or(limits.disk_quota)), group: group.and_then(bytes) }
    }

    /// Whether that much may be in use; equal passes (note N9).
    ///
    /// # Errors
    /// 230, with the numbers.
    pub fn allow(&self, used: Usage) -> Result<(), Refused> {
        for (whose, quota, used) in [("owner", self.owner, used.owner), ("group", self.group, used.group)] {
            if let Some(quota) = quota
                && used > quota
            {
                let cause = format!("the {whose}'s recordings take {used} bytes, the quota is {quota} with its grace");
                return Err(Refused::new(Refusal::ExceedDiskQuota, cause));
            }
        }
        Ok(())
    }
}

/// Bytes of the recordings on disk; 0 where nobody asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Usage {
    /// The owner's.
    pub owner: u64,
    /// The group's.
    pub group: u64,
}

/// The readers of HomeMeeting's files count so, too (note N9).
pub const MEGABYTE: u64 = 1024 * 1024;
