/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scrub.h - take out of a copy of a machine's files what says which machine, or whose, it is.
 *
 * Replaced, in place, by something made up of the same length and shape (a digit by a digit, a letter by a letter):
 * what looks like a UUID, a MAC address or a run of 32 hexadecimal digits or more, anywhere; what stands in a file or
 * behind a key that is named a serial number, UUID, asset tag or machine id; the host's name; values on the kernel's
 * command line; serial numbers and asset tags in SMBIOS structures. Words that only fill such a field ("None", "Default
 * string") stay.
 *
 * The same text becomes the same with the same salt, so that names and contents of one recording still fit together.
 */
#ifndef JB_BASE_SCRUB_H
#define JB_BASE_SCRUB_H

#include <stddef.h>

/* The content of the machine's file `path`; how many things were replaced. */
size_t jb_scrub_file(const char *salt, const char *path, void *data, size_t length);

/* Any text: only what is known by its looks. */
size_t jb_scrub_text(const char *salt, char *text, size_t length);

/* In a text: "://NAME:port" becomes "://host", and NAME, unless it is a mere word, "host" wherever it stands by itself:
 * libcurl repeats it in its messages. Shortens; returns the new length. */
size_t jb_scrub_hosts(char *text, size_t length);

#endif
