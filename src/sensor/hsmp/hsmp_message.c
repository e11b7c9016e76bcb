/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hsmp_message.c - /dev/hsmp (Documentation/arch/x86/amd_hsmp.rst; struct and numbers: arch/x86/include/uapi/asm/
 * amd_hsmp.h of Linux, there since 5.18). They are written out here because the header exists on x86 alone.
 *
 * Odd: the numbers of arguments and of response words must be exactly those of the kernel's table. A descriptor for
 * reading may ask and cannot set anything; the node is readable by everybody.
 */
#include "sensor/hsmp/hsmp_message.h"

#include "base/file.h"
#include "base/recording.h"
#include "base/text.h"
#include "sensor/counter_file.h"
#include "sensor/sensor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MAX_WORDS 8
#define PATH_TEXT 64

/* `#pragma pack(4)` in the kernel's header: no padding inside, 44 bytes in all. */
struct message {
    uint32_t id;
    uint16_t argument_count;
    uint16_t response_count;
    uint32_t words[MAX_WORDS]; /* arguments, then the response */
    uint16_t socket;
} __attribute__((packed, aligned(4)));
_Static_assert(sizeof(struct message) == 44, "as the kernel has it");

#define HSMP_COMMAND _IOWR(0xF8, 0, struct message)

bool jb_hsmp_is_there(const struct jb_sensor_env *env)
{
    return jb_root_exists(env->root, jb_root_is_real(env->root) ? "/dev/hsmp" : "/hsmp");
}

int jb_hsmp_open(const struct jb_sensor_env *env, struct jb_hsmp *ret)
{
    *ret = (struct jb_hsmp){.env = env, .files = !jb_root_is_real(env->root), .fd = -1};
    if (ret->files) {
        return 0;
    }
    int fd = jb_counter_open(env, "/dev/hsmp");
    ret->fd = fd < 0 ? -1 : fd;
    return fd < 0 ? fd : 0;
}

void jb_hsmp_close(struct jb_hsmp *hsmp)
{
    if (hsmp->env && hsmp->fd >= 0) {
        close(hsmp->fd);
    }
    hsmp->fd = -1;
}

/* Where the answer is in a machine made of files. */
static void path_of(const struct jb_hsmp_question *question, char path[PATH_TEXT])
{
    char tail[8] = "";
    if (question->argument >= 0) {
        snprintf(tail, sizeof(tail), "-%02x", (unsigned)question->argument & 0xff);
    }
    snprintf(path, PATH_TEXT, "/hsmp/socket%u/%02x%s", question->socket, (unsigned)question->id, tail);
}

struct jb_hsmp_question jb_hsmp_prepare(const struct jb_hsmp *hsmp, unsigned socket, enum jb_hsmp_id id, int argument)
{
    struct jb_hsmp_question question = {
        .id = id, .socket = socket, .argument = argument, .words = id == JB_HSMP_RAPL_PACKAGE ? 2 : 1, .fd = -1};
    if (hsmp->files) {
        char path[PATH_TEXT];
        path_of(&question, path);
        question.fd = jb_counter_open(hsmp->env, path);
    }
    return question;
}

void jb_hsmp_forget(struct jb_hsmp_question *question)
{
    if (question->fd >= 0) {
        close(question->fd);
    }
    question->fd = -1;
}

static int ask_file(const struct jb_hsmp_question *question, uint32_t ret[JB_HSMP_WORDS])
{
    char text[64];
    uint32_t words[JB_HSMP_WORDS] = {0};
    if (question->fd < 0) {
        bool absent = question->fd == -ENOENT;
        return !absent ? question->fd : question->argument >= 0 ? -EINVAL : -ENOMSG; /* as the kernel says it */
    }
    ssize_t length = jb_counter_read_blob(question->fd, text, sizeof(text));
    const char *at = text;
    for (int i = 0; i < question->words; i++) {
        uint64_t word = 0;
        int err = length < 0 ? (int)length : jb_scan_u64(at, (size_t)(text + length - at), &word, &at);
        if (err < 0 || word > UINT32_MAX) {
            return err < 0 ? err : -ERANGE;
        }
        words[i] = (uint32_t)word;
    }
    memcpy(ret, words, sizeof(words));
    return 0;
}

static void keep(const struct jb_sensor_env *env, const struct jb_hsmp_question *question, const uint32_t *words)
{
    struct jb_recording recording;
    if (!jb_recording_of(env->root, &recording)) {
        return;
    }
    char path[PATH_TEXT], text[JB_HSMP_WORDS * 12];
    size_t length = 0;
    for (int i = 0; i < question->words && i < JB_HSMP_WORDS; i++) {
        length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%" PRIu32, i ? " " : "", words[i]);
    }
    path_of(question, path);
    jb_recording_said(&recording, path, text);
}

int jb_hsmp_ask(const struct jb_hsmp *hsmp, const struct jb_hsmp_question *question, uint32_t ret[JB_HSMP_WORDS])
{
    if (hsmp->files) {
        return ask_file(question, ret);
    }
    struct message message = {.id = (uint32_t)question->id,
                              .argument_count = question->argument >= 0,
                              .response_count = (uint16_t)question->words,
                              .socket = (uint16_t)question->socket};
    message.words[0] = question->argument >= 0 ? (uint32_t)question->argument : 0;
    if (ioctl(hsmp->fd, HSMP_COMMAND, &message) < 0) {
        return -errno;
    }
    for (int i = 0; i < JB_HSMP_WORDS; i++) {
        ret[i] = message.words[i];
    }
    keep(hsmp->env, question, ret);
    return 0;
}
