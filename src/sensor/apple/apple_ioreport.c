/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apple_ioreport.c - samples of IOReport's group "Energy Model", on macOS.
 *
 * Neither IOReport nor CoreFoundation is linked: both are opened at run time, so that the program starts on a release
 * of macOS that has moved them. Their types are opaque pointers here; the signatures are those that macmon and
 * zeus-apple-silicon use. Ownership follows CoreFoundation's rule: what Copy and Create gave must be released.
 */
#include "sensor/apple/apple.h"

#include "base/diag.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8     0x08000100u /* kCFStringEncodingUTF8 */
#define IOREPORT "/usr/lib/libIOReport.dylib"
#define CORE     "/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation"

typedef const void *cf_ref;

struct functions {
    cf_ref (*string)(cf_ref allocator, const char *text, uint32_t encoding);
    unsigned char (*text)(cf_ref string, char *buffer, long size, uint32_t encoding);
    long (*dictionary_count)(cf_ref dictionary);
    cf_ref (*dictionary_copy)(cf_ref allocator, long capacity, cf_ref dictionary);
    cf_ref (*dictionary_get)(cf_ref dictionary, cf_ref key);
    long (*array_count)(cf_ref array);
    cf_ref (*array_get)(cf_ref array, long index);
    void (*release)(cf_ref object);
    cf_ref (*channels)(cf_ref group, cf_ref subgroup, uint64_t a, uint64_t b, uint64_t c);
    cf_ref (*subscribe)(cf_ref a, cf_ref channels, cf_ref *ret_subscribed, uint64_t b, cf_ref c);
    cf_ref (*sample)(cf_ref subscription, cf_ref subscribed, cf_ref a);
    int64_t (*value)(cf_ref channel, int a);
    cf_ref (*name)(cf_ref channel);
    cf_ref (*unit)(cf_ref channel);
};

struct ioreport {
    void *core, *library;
    struct functions call;
    cf_ref key, channels, subscribed, subscription;
};
_Static_assert(sizeof(struct ioreport) <= JB_APPLE_STATE, "the state of a place");

static int resolve(struct ioreport *io, struct jb_diag *diag)
{
    const struct {
        void *library;
        const char *name;
        void *function; /* of a pointer to a function */
    } wanted[] = {
        {io->core, "CFStringCreateWithCString", &io->call.string},
        {io->core, "CFStringGetCString", &io->call.text},
        {io->core, "CFDictionaryGetCount", &io->call.dictionary_count},
        {io->core, "CFDictionaryCreateMutableCopy", &io->call.dictionary_copy},
        {io->core, "CFDictionaryGetValue", &io->call.dictionary_get},
        {io->core, "CFArrayGetCount", &io->call.array_count},
        {io->core, "CFArrayGetValueAtIndex", &io->call.array_get},
        {io->core, "CFRelease", &io->call.release},
        {io->library, "IOReportCopyChannelsInGroup", &io->call.channels},
        {io->library, "IOReportCreateSubscription", &io->call.subscribe},
        {io->library, "IOReportCreateSamples", &io->call.sample},
        {io->library, "IOReportSimpleGetIntegerValue", &io->call.value},
        {io->library, "IOReportChannelGetChannelName", &io->call.name},
        {io->library, "IOReportChannelGetUnitLabel", &io->call.unit},
    };

    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        void *function = dlsym(wanted[i].library, wanted[i].name);
        if (function == NULL) {
            return jb_fail(diag, -ENODEV, "this macOS has no %s", wanted[i].name);
        }
        *(void **)wanted[i].function = function;
    }
    return 0;
}

static void drop(struct ioreport *io, cf_ref object)
{
    if (object != NULL) {
        io->call.release(object);
    }
}

static int subscribe(struct ioreport *io, struct jb_diag *diag)
{
    cf_ref group = io->call.string(NULL, "Energy Model", UTF8);
    cf_ref listed = group != NULL ? io->call.channels(group, NULL, 0, 0, 0) : NULL;

    drop(io, group);
    if (listed == NULL) {
        return jb_fail(diag, -ENODEV,
                       "IOReport has no group \"Energy Model\": not Apple silicon, or a virtual machine");
    }
    io->channels = io->call.dictionary_copy(NULL, io->call.dictionary_count(listed), listed);
    drop(io, listed);
    io->key = io->call.string(NULL, "IOReportChannels", UTF8);
    if (io->channels == NULL || io->key == NULL) {
        return -ENOMEM;
    }
    io->subscription = io->call.subscribe(NULL, io->channels, &io->subscribed, 0, NULL);
    return io->subscription != NULL ? 0 : jb_fail(diag, -EIO, "IOReport refuses a subscription to \"Energy Model\"");
}

/* A sample and its array of channels, which lives as long as the sample. */
static int take(struct ioreport *io, cf_ref *ret_sample, cf_ref *ret_array)
{
    cf_ref sample = io->call.sample(io->subscription, io->subscribed != NULL ? io->subscribed : io->channels, NULL);
    cf_ref array = sample != NULL ? io->call.dictionary_get(sample, io->key) : NULL;

    if (array == NULL) {
        drop(io, sample);
        return -EIO;
    }
    *ret_sample = sample;
    *ret_array = array;
    return 0;
}

static void text_of(struct ioreport *io, cf_ref string, char *buffer, long size)
{
    if (string == NULL || !io->call.text(string, buffer, size, UTF8)) {
        buffer[0] = '\0';
    }
}

static int ioreport_list(void *state, void (*found)(void *context, int index, const char *name, const char *unit),
                         void *context)
{
    struct ioreport *io = state;
    cf_ref sample, array;
    int error = take(io, &sample, &array);

    if (error < 0) {
        return error;
    }
    long count = io->call.array_count(array);
    for (long i = 0; i < count && i < INT32_MAX; i++) {
        char name[96], unit[16];
        cf_ref channel = io->call.array_get(array, i);
        text_of(io, io->call.name(channel), name, sizeof(name));
        text_of(io, io->call.unit(channel), unit, sizeof(unit));
        found(context, (int)i, name, unit);
    }
    drop(io, sample);
    return 0;
}

static int ioreport_read(void *state, const int *indexes, int count, uint64_t *values)
{
    struct ioreport *io = state;
    cf_ref sample, array;
    int error = take(io, &sample, &array);

    if (error < 0) {
        return error;
    }
    long listed = io->call.array_count(array);
    for (int i = 0; i < count && error == 0; i++) {
        int64_t value = indexes[i] < listed ? io->call.value(io->call.array_get(array, indexes[i]), 0) : -1;
        if (value < 0) {
            error = -EIO;
        } else {
            values[i] = (uint64_t)value;
        }
    }
    drop(io, sample);
    return error;
}

static void ioreport_close(void *state)
{
    struct ioreport *io = state;

    if (io->call.release != NULL) {
        drop(io, io->subscription);
        drop(io, io->subscribed);
        drop(io, io->channels);
        drop(io, io->key);
    }
    if (io->library != NULL) {
        dlclose(io->library);
    }
    if (io->core != NULL) {
        dlclose(io->core);
    }
    *io = (struct ioreport){0};
}

static const struct jb_apple_place place = {
    .list = ioreport_list, .read = ioreport_read, .close = ioreport_close, .path = "IOReport"};

int jb_apple_ioreport_open(void *state, const struct jb_apple_place **ret, struct jb_diag *diag)
{
    struct ioreport *io = state;

    io->core = dlopen(CORE, RTLD_LAZY | RTLD_LOCAL);
    io->library = dlopen(IOREPORT, RTLD_LAZY | RTLD_LOCAL);
    int error = io->core == NULL || io->library == NULL
                    ? jb_fail(diag, -ENODEV, "cannot open %s", io->core == NULL ? CORE : IOREPORT)
                    : resolve(io, diag);
    if (error == 0) {
        error = subscribe(io, diag);
    }
    if (error < 0) {
        ioreport_close(io);
        return error;
    }
    *ret = &place;
    return 0;
}
