/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redfish_json.c - chassis and their power in what Redfish answers.
 *
 * Odd: PowerControl is a list whose first entry is the whole chassis by all makers seen in DMTF's mock-ups, and whose
 * others, where there are any, are its processors and memory (Lenovo): only the first counts. EnergykWh, where there is
 * one, is left alone: its steps are told by nobody, and as a twin a counter would win over power.
 */
#include "sensor/redfish/redfish_json.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#define MOST_W 20000.0

static bool good_path(const char *path)
{
    if (!path || path[0] != '/' || path[1] == '/' || strlen(path) >= JB_REDFISH_PATH) {
        return false;
    }
    for (const char *p = path; *p; p++) {
        if (*p <= ' ' || *p >= 0x7F || *p == '\\' || *p == '@') {
            return false;
        }
    }
    return true;
}

/* The path that `link` ({"@odata.id": "..."}) leads to; false and empty: none. */
static bool take_path(const json_t *link, char *to)
{
    const char *path = json_string_value(json_object_get(link, "@odata.id"));
    to[0] = '\0';
    return good_path(path) && jb_copy(to, JB_REDFISH_PATH, path);
}

int jb_redfish_parse_members(const char *body, size_t length, char (*ret)[JB_REDFISH_PATH], size_t max,
                             size_t *ret_count)
{
    json_t *root = json_loadb(body, length, 0, NULL);
    const json_t *members = json_object_get(root, "Members");
    size_t count = 0;
    int err = json_is_array(members) ? 0 : -EBADMSG;
    for (size_t i = 0; i < json_array_size(members) && count < max; i++) {
        count += take_path(json_array_get(members, i), ret[count]);
    }
    json_decref(root);
    if (err == 0) {
        *ret_count = count;
    }
    return err;
}

/* What the power of is contained in that of something larger, or what is no machine. */
static bool is_part(const char *type)
{
    static const char *const parts[] = {
        "Component",   "Module",           "Card",          "Cartridge",    "Drawer", "Expansion", "IPBasedDrive",
        "SidecarRack", "StorageEnclosure", "Zone",          "Shelf",        "Row",    "Pod",       "Rack",
        "RackGroup",   "PowerStrip",       "HeatExchanger", "ImmersionTank"};
    for (size_t i = 0; i < JB_COUNT(parts); i++) {
        if (jb_streq(type, parts[i])) {
            return true;
        }
    }
    return false;
}

int jb_redfish_parse_chassis(const char *body, size_t length, const char *path, struct jb_redfish_chassis *ret)
{
    struct jb_redfish_chassis chassis = {0};
    json_t *root = json_loadb(body, length, 0, NULL);
    if (!json_is_object(root)) {
        json_decref(root);
        return -EBADMSG;
    }
    const json_t *links = json_object_get(root, "Links");
    jb_copy(chassis.path, sizeof(chassis.path), path);
    (void)take_path(json_object_get(root, "EnvironmentMetrics"), chassis.metrics);
    (void)take_path(json_object_get(root, "Power"), chassis.power);
    (void)take_path(json_object_get(links, "ContainedBy"), chassis.contained_by);
    chassis.part = is_part(json_string_value(json_object_get(root, "ChassisType")));
    chassis.has_system = json_array_size(json_object_get(links, "ComputerSystems")) > 0;
    json_decref(root);
    *ret = chassis;
    return 0;
}

static int to_microwatts(const json_t *value, uint64_t *ret_uw)
{
    if (!json_is_number(value)) {
        return -ENODATA;
    }
    double watts = json_number_value(value);
    if (!(watts > 0 && watts <= MOST_W)) { /* who asks takes more than nothing */
        return -ERANGE;
    }
    *ret_uw = (uint64_t)llround(watts * 1e6);
    return 0;
}

int jb_redfish_parse_metrics(const char *body, size_t length, uint64_t *ret_uw)
{
    json_t *root = json_loadb(body, length, 0, NULL);
    int err = root ? to_microwatts(json_object_get(json_object_get(root, "PowerWatts"), "Reading"), ret_uw) : -EBADMSG;
    json_decref(root);
    return err;
}

int jb_redfish_parse_power(const char *body, size_t length, uint64_t *ret_uw)
{
    json_t *root = json_loadb(body, length, 0, NULL);
    const json_t *whole = json_array_get(json_object_get(root, "PowerControl"), 0);
    int err = root ? to_microwatts(json_object_get(whole, "PowerConsumedWatts"), ret_uw) : -EBADMSG;
    json_decref(root);
    return err;
}
