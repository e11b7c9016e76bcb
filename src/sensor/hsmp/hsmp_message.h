/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hsmp_message.h - ask the system management unit of an EPYC something, by the mailbox that Linux shows as /dev/hsmp.
 *
 * Below a root an answer is a file, "/hsmp/socket0/04", or "/hsmp/socket0/17-80" for message 17h with the argument 80h,
 * that holds the words of the response in decimal. It stays open, so that it can change over time like any counter.
 */
#ifndef JB_SENSOR_HSMP_MESSAGE_H
#define JB_SENSOR_HSMP_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

struct jb_sensor_env;

#define JB_HSMP_WORDS 2 /* no answer that we ask for is longer */

enum jb_hsmp_id {
    JB_HSMP_PROTOCOL = 0x03,
    JB_HSMP_SOCKET_POWER = 0x04, /* mW */
    JB_HSMP_DIMM_POWER = 0x17,   /* mW in bits 31:17, age in ms in 16:8, the address again in 7:0 */
    JB_HSMP_RAPL_UNITS = 0x30,   /* bits 12:8: 2^-n J */
    JB_HSMP_RAPL_PACKAGE = 0x32, /* lower, upper word */
};

struct jb_hsmp {
    const struct jb_sensor_env *env;
    bool files;
    int fd; /* of the device */
};

/* Something that is asked again and again. */
struct jb_hsmp_question {
    enum jb_hsmp_id id;
    unsigned socket;
    int argument; /* -1: none */
    int words;    /* of the answer */
    int fd;       /* a file's; -1 */
};

bool jb_hsmp_is_there(const struct jb_sensor_env *env);

/* 0; -ENOENT: no such device; -EACCES... */
int jb_hsmp_open(const struct jb_sensor_env *env, struct jb_hsmp *ret);
void jb_hsmp_close(struct jb_hsmp *hsmp);

/* A question made ready; asking needs no memory. `argument` -1: none. */
struct jb_hsmp_question jb_hsmp_prepare(const struct jb_hsmp *hsmp, unsigned socket, enum jb_hsmp_id id, int argument);
void jb_hsmp_forget(struct jb_hsmp_question *question);

/* 0 and question->words words, or a negative errno: -ENODEV no such socket, -ENOMSG not known to it, -ETIMEDOUT. May
 * take 100 ms. The kernel logs each failure: what fails must not be asked for ever. */
int jb_hsmp_ask(const struct jb_hsmp *hsmp, const struct jb_hsmp_question *question, uint32_t ret[JB_HSMP_WORDS]);

#endif
