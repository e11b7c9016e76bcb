/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dcmi.c - the bytes of DCMI.
 *
 * Odd: the bit that says "power measurement active" is 0x40 by the specification; OpenBMC of 2024 sets 0x02 instead
 * (phosphor-host-ipmid packed the reserved bits the wrong way round). The reporting period belongs to the statistics
 * and not to the current power: BMCs have answered with 31 days.
 */
#include "sensor/ipmi/dcmi.h"

#include "base/cleanup.h"

#include <errno.h>

#define HEAD             2  /* completion code, 0xDC */
#define POWER_LENGTH     19 /* with the head */
#define VERSION_LENGTH   5  /* with the head and the parameter's revision */
#define ACTIVE           0x40
#define ACTIVE_MISPLACED 0x02

static const struct {
    uint8_t code;
    const char *text;
    int err;
} codes[] = {
    {0x00, "done", 0},
    {0xC0, "node busy", -EAGAIN},
    {0xC1, "invalid command", -ENOTSUP},
    {0xC2, "command invalid for this LUN", -ENOTSUP},
    {0xC3, "timeout while processing the command", -EAGAIN},
    {0xC4, "out of space", -EAGAIN},
    {0xC7, "length of the request invalid", -ENOTSUP},
    {0xC9, "parameter out of range", -ENOTSUP},
    {0xCB, "sensor or record not present", -ENOTSUP},
    {0xCC, "invalid data in the request", -ENOTSUP},
    {0xCE, "no answer can be given", -EAGAIN},
    {0xD0, "the sensor repository is being updated", -EAGAIN},
    {0xD1, "the firmware is being updated", -EAGAIN},
    {0xD2, "the BMC is starting", -EAGAIN},
    {0xD3, "destination not available", -EAGAIN},
    {0xD4, "not allowed at this privilege", -ENOTSUP},
    {0xD5, "not possible in this state", -EAGAIN},
    {0xD6, "disabled", -ENOTSUP},
    {0xFF, "unspecified error", -EAGAIN},
};

const char *jb_dcmi_code(uint8_t completion)
{
    for (size_t i = 0; i < JB_COUNT(codes); i++) {
        if (codes[i].code == completion) {
            return codes[i].text;
        }
    }
    return "a code of the maker's";
}

int jb_dcmi_check(const uint8_t *answer, size_t length, uint8_t *ret_code)
{
    if (length < 1) {
        return -EBADMSG;
    }
    if (answer[0] == 0 && (length < HEAD || answer[1] != JB_DCMI_GROUP)) {
        return -EBADMSG;
    }
    int err = answer[0] == 0 ? 0 : -EAGAIN;
    for (size_t i = 0; i < JB_COUNT(codes); i++) {
        err = codes[i].code == answer[0] ? codes[i].err : err;
    }
    *ret_code = answer[0];
    return err;
}

static unsigned u16_at(const uint8_t *bytes, size_t at)
{
    return bytes[at] | (unsigned)bytes[at + 1] << 8;
}

int jb_dcmi_parse_version(const uint8_t *answer, size_t length, unsigned *ret)
{
    uint8_t code;
    int err = jb_dcmi_check(answer, length, &code);
    if (err < 0 || length < VERSION_LENGTH) {
        return err < 0 ? err : -EBADMSG;
    }
    *ret = (unsigned)answer[HEAD] << 8 | answer[HEAD + 1];
    return 0;
}

int jb_dcmi_parse_power(const uint8_t *answer, size_t length, struct jb_dcmi_power *ret)
{
    uint8_t code;
    int err = jb_dcmi_check(answer, length, &code);
    if (err < 0 || length < POWER_LENGTH) {
        return err < 0 ? err : -EBADMSG;
    }
    ret->now_w = u16_at(answer, HEAD);
    ret->least_w = u16_at(answer, HEAD + 2);
    ret->most_w = u16_at(answer, HEAD + 4);
    ret->mean_w = u16_at(answer, HEAD + 6);
    ret->period_ms = u16_at(answer, HEAD + 12) | (uint64_t)u16_at(answer, HEAD + 14) << 16; /* after the time stamp */
    uint8_t state = answer[HEAD + 16] & 0x7F;
    ret->active = (state & ACTIVE) || state == ACTIVE_MISPLACED;
    return 0;
}

static int digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

int jb_dcmi_parse_hex(const char *text, uint8_t *ret, size_t size)
{
    size_t count = 0;
    for (const char *p = text; *p; p += 2) {
        while (*p == ' ' || *p == '\n') {
            p++;
        }
        if (!*p) {
            break;
        }
        int high = digit(p[0]), low = high < 0 ? -1 : digit(p[1]);
        if (low < 0 || count == size) {
            return -EINVAL;
        }
        ret[count++] = (uint8_t)(high << 4 | low);
    }
    return (int)count;
}
