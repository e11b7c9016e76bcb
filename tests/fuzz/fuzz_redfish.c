/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_redfish.c - any bytes as a BMC's answer, to each question.
 */
#include "sensor/redfish/redfish_find.h"
#include "sensor/redfish/redfish_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Nothing but a path of the same server, or nothing. */
static void check_path(const char *path)
{
    check(memchr(path, '\0', JB_REDFISH_PATH) != NULL);
    check(path[0] == '\0' || (path[0] == '/' && path[1] != '/'));
    check(!strpbrk(path, " @\\\r\n"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char paths[JB_REDFISH_CHASSIS][JB_REDFISH_PATH];
    const char *body = (const char *)data;
    struct jb_redfish_chassis chassis[2] = {0};
    size_t count = 0;
    uint64_t uw = 0;
    if (jb_redfish_parse_members(body, size, paths, JB_REDFISH_CHASSIS, &count) == 0) {
        check(count <= JB_REDFISH_CHASSIS);
        for (size_t i = 0; i < count; i++) {
            check_path(paths[i]);
            check(paths[i][0] != '\0');
        }
    }
    if (jb_redfish_parse_chassis(body, size, "/redfish/v1/Chassis/1", &chassis[0]) == 0) {
        check_path(chassis[0].metrics);
        check_path(chassis[0].power);
        check_path(chassis[0].contained_by);
        bool keep[2];
        jb_redfish_choose(chassis, 2, keep);
    }
    int err = jb_redfish_parse_metrics(body, size, &uw);
    check(err == 0 || err == -EBADMSG || err == -ENODATA || err == -ERANGE);
    err = jb_redfish_parse_power(body, size, &uw);
    check(err == 0 || err == -EBADMSG || err == -ENODATA || err == -ERANGE);
    check(uw <= UINT64_C(20000000000));
    char *text = malloc(size + 1), base[64];
    if (text) {
        memcpy(text, data, size);
        text[size] = '\0';
        if (jb_redfish_base(text, true, false, base, sizeof(base), NULL) == 0) {
            check(strlen(base) < sizeof(base) && !strchr(base, '@'));
        }
    }
    free(text);
    return 0;
}
