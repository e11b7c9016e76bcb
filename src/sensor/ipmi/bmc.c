/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bmc.c - /dev/ipmi0 by its ioctls, or files that stand for it.
 *
 * Odd: an answer longer than the buffer is -EMSGSIZE and yet handed over, cut, by RECEIVE_MSG_TRUNC; an answer that
 * nobody fetches stays in the queue and would be taken for the next one.
 */
#include "sensor/ipmi/bmc.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/recording.h"
#include "base/text.h"
#include "sensor/counter_file.h"
#include "sensor/ipmi/dcmi.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ipmi.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MOST_STALE 64 /* answers to others that are passed over */

static int real_ioctl(int fd, unsigned long request, void *arg)
{
    return ioctl(fd, request, arg);
}

static const struct jb_bmc_calls real_calls = {.ioctl = real_ioctl, .poll = poll};

static const char *const devices[] = {"/dev/ipmi0", "/dev/ipmi/0", "/dev/ipmidev/0"};

bool jb_bmc_exists(const struct jb_sensor_env *env)
{
    if (!jb_root_is_real(env->root)) {
        return jb_root_exists(env->root, "/ipmi");
    }
    bool found = false;
    for (size_t i = 0; i < JB_COUNT(devices) && !found; i++) {
        found = jb_root_exists(env->root, devices[i]);
    }
    return found;
}

int jb_bmc_open(struct jb_bmc *bmc, const struct jb_sensor_env *env)
{
    bmc->calls = bmc->calls ? bmc->calls : &real_calls;
    bmc->fd = -1;
    if (!jb_root_is_real(env->root)) {
        jb_copy(bmc->path, sizeof(bmc->path), "/ipmi");
        return jb_root_exists(env->root, "/ipmi") ? 0 : -ENOENT;
    }
    int err = -ENOENT;
    for (size_t i = 0; i < JB_COUNT(devices) && err == -ENOENT; i++) {
        jb_copy(bmc->path, sizeof(bmc->path), devices[i]);
        bmc->fd = jb_root_open(env->root, devices[i], O_RDWR | O_NONBLOCK);
        err = bmc->fd < 0 ? bmc->fd : 0;
    }
    if (err == -ENOENT) {
        jb_copy(bmc->path, sizeof(bmc->path), devices[0]);
    }
    return err;
}

void jb_bmc_close(struct jb_bmc *bmc)
{
    if (!bmc->calls) {
        return;
    }
    jb_closep(&bmc->fd);
    bmc->fd = -1;
    for (size_t i = 0; i < JB_COUNT(bmc->files); i++) {
        if (bmc->files[i]) {
            close(bmc->files[i] - 1);
            bmc->files[i] = 0;
        }
    }
}

static int ask_file(struct jb_bmc *bmc, const struct jb_sensor_env *env, uint8_t command, uint8_t *ret, size_t size)
{
    char path[32], text[4 * JB_DCMI_ANSWER];
    if (!bmc->files[command]) {
        snprintf(path, sizeof(path), "/ipmi/dcmi-%02x", command);
        int fd = jb_counter_open(env, path);
        if (fd < 0) {
            return fd;
        }
        bmc->files[command] = fd + 1;
    }
    ssize_t length = jb_counter_read_blob(bmc->files[command] - 1, text, sizeof(text) - 1);
    if (length < 0) {
        return (int)length;
    }
    text[length] = '\0';
    return jb_dcmi_parse_hex(text, ret, size);
}

static int send_request(struct jb_bmc *bmc, uint8_t netfn, uint8_t command, const uint8_t *data, size_t length)
{
    uint8_t bytes[32];
    struct ipmi_system_interface_addr address = {.addr_type = IPMI_SYSTEM_INTERFACE_ADDR_TYPE,
                                                 .channel = IPMI_BMC_CHANNEL};
    if (length > sizeof(bytes)) {
        return -EMSGSIZE;
    }
    memcpy(bytes, data, length);
    struct ipmi_req request = {
        .addr = (unsigned char *)&address,
        .addr_len = sizeof(address),
        .msgid = ++bmc->sequence,
        .msg = {.netfn = netfn, .cmd = command, .data_len = (unsigned short)length, .data = bytes}};
    return bmc->calls->ioctl(bmc->fd, IPMICTL_SEND_COMMAND, &request) < 0 ? -errno : 0;
}

/* The answer in the queue: its length; -EAGAIN: there is none, or it answers another request. */
static int receive(struct jb_bmc *bmc, uint8_t netfn, uint8_t command, uint8_t *ret, size_t size)
{
    struct ipmi_addr address;
    struct ipmi_recv answer = {.addr = (unsigned char *)&address,
                               .addr_len = sizeof(address),
                               .msg = {.data = ret, .data_len = (unsigned short)size}};
    if (bmc->calls->ioctl(bmc->fd, IPMICTL_RECEIVE_MSG_TRUNC, &answer) < 0 && errno != EMSGSIZE) {
        return -errno;
    }
    if (answer.recv_type != IPMI_RESPONSE_RECV_TYPE || answer.msgid != bmc->sequence ||
        answer.msg.netfn != (netfn | 1) || answer.msg.cmd != command) {
        return -EAGAIN;
    }
    return answer.msg.data_len <= size ? answer.msg.data_len : (int)size;
}

/* The answer as the file that stands for it. */
static void keep(const struct jb_sensor_env *env, uint8_t command, const uint8_t *bytes, int length)
{
    struct jb_recording recording;
    if (!env || !jb_recording_of(env->root, &recording)) {
        return;
    }
    char path[32], text[3 * JB_DCMI_ANSWER + 1] = "";
    for (int i = 0; i < length && i < JB_DCMI_ANSWER; i++) {
        snprintf(text + (size_t)3 * (unsigned)i, 4, "%02x ", bytes[i]);
    }
    snprintf(path, sizeof(path), "/ipmi/dcmi-%02x", command);
    jb_recording_said(&recording, path, text);
}

int jb_bmc_ask(struct jb_bmc *bmc, const struct jb_sensor_env *env, uint8_t netfn, uint8_t command, const uint8_t *data,
               size_t length, uint8_t *ret, size_t size, int timeout_ms)
{
    if (bmc->fd < 0) {
        return ask_file(bmc, env, command, ret, size);
    }
    uint64_t end_ns = jb_mono_ns() + (uint64_t)timeout_ms * JB_NS_PER_MS;
    int err = send_request(bmc, netfn, command, data, length);
    for (int i = 0; i < MOST_STALE && err == 0;) {
        struct pollfd wait = {.fd = bmc->fd, .events = POLLIN};
        uint64_t now_ns = jb_mono_ns();
        int left_ms = now_ns < end_ns ? (int)((end_ns - now_ns) / JB_NS_PER_MS) + 1 : 0;
        int ready = left_ms ? bmc->calls->poll(&wait, 1, left_ms) : 0;
        if (ready < 0 && errno == EINTR) {
            continue;
        }
        if (ready <= 0) {
            return ready < 0 ? -errno : -ETIMEDOUT;
        }
        int got = receive(bmc, netfn, command, ret, size);
        if (got != -EAGAIN) {
            keep(env, command, ret, got);
            return got;
        }
        i++;
    }
    return err < 0 ? err : -EIO;
}
