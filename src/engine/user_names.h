/* SPDX-License-Identifier: Apache-2.0 */
/*
 * user_names.h - names of users, for who may not wait: the password file may be on a directory server that hangs.
 *
 * Whoever is asked for the first time is looked up on a thread of its own, which is there only as long as there is
 * something to look up. Until it knows, and where nobody knows, a user is called by number. Bounded: JB_USER_NAMES
 * users are known, those that were asked for longest ago are forgotten. Any thread.
 */
#ifndef JB_ENGINE_USER_NAMES_H
#define JB_ENGINE_USER_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define JB_USER_NAMES 256 /* more than there are places for runs */
#define JB_USER_NAME  33

struct jb_user_names;

/* Fills `name`, or returns false: nobody of that number is known. May wait. */
typedef bool (*jb_user_look_fn)(void *context, uid_t uid, char name[JB_USER_NAME]);

/* `look` NULL: the system's. */
int jb_user_names_create(jb_user_look_fn look, void *context, struct jb_user_names **ret);
/* Waits for a second at most; true: a thread was left behind. NULL-safe. */
bool jb_user_names_destroy(struct jb_user_names *names);

/* Never waits. True: that is the name, control characters taken out; false: the number, for now or for good. */
bool jb_user_names_get(struct jb_user_names *names, uid_t uid, char ret[JB_USER_NAME]);

#endif
