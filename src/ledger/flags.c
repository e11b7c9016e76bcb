/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of entry flags, as they stand in the run record (interface.md, channels[].flags). They are part of stored data
 * and of exports: a name is never changed, a flag never reused.
 */
#include "ledger/account.h"

const char *jb_entry_flag_name(unsigned flag)
{
    switch (flag) {
    case JB_ENTRY_WRAPPED:
        return "wrapped";
    case JB_ENTRY_RESET:
        return "reset";
    case JB_ENTRY_GAP:
        return "gap";
    case JB_ENTRY_IMPLAUSIBLE:
        return "implausible";
    case JB_ENTRY_SUSPEND:
        return "suspend";
    case JB_ENTRY_FAILED:
        return "failed";
    case JB_ENTRY_STALE:
        return "stale";
    default:
        return NULL;
    }
}
