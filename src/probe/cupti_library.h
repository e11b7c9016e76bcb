/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cupti_library.h - the functions of the user's libcupti and libcuda that cupti.c calls.
 *
 * Signatures from cupti_activity.h, cupti_callbacks.h (12.9, 13.5) and cuda.h; NULL: this version does not have it.
 * The library that the process has mapped is taken (PyTorch links it); where there is none, the one that belongs to the
 * CUDA runtime in the process is opened. libcuda is never opened: without it nothing runs on a GPU.
 */
#ifndef JB_PROBE_CUPTI_LIBRARY_H
#define JB_PROBE_CUPTI_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* CUptiResult. */
enum { CUPTI_OK = 0, CUPTI_TAKEN = 39 };

/* CUpti_CallbackDomain. */
enum { CUPTI_DOMAIN_DRIVER = 1, CUPTI_DOMAIN_RUNTIME = 2 };

/* CUpti_SubscriberParams of CUDA 13.2. */
struct cupti_subscriber_params {
    size_t size;
    const char *name;
    char *holder; /* who has it, when it is taken */
    size_t holder_size;
    uint8_t allow_multiple, padding[7];
};
#define CUPTI_HOLDER_SIZE 64

typedef void (*cupti_request)(uint8_t **buffer, size_t *size, size_t *records);
typedef void (*cupti_complete)(void *context, uint32_t stream, uint8_t *buffer, size_t size, size_t valid);
typedef void (*cupti_callback)(void *data, int domain, uint32_t id, const void *call);

struct cupti_library {
    int (*get_version)(uint32_t *ret);
    int (*get_timestamp)(uint64_t *ret);
    int (*subscribe)(void **ret, cupti_callback callback, void *data);
    int (*subscribe_v2)(void **ret, cupti_callback callback, void *data, struct cupti_subscriber_params *params);
    int (*unsubscribe)(void *subscriber);
    int (*enable_callback)(uint32_t enable, void *subscriber, int domain, uint32_t id);
    int (*register_callbacks)(cupti_request request, cupti_complete complete);
    int (*enable)(int kind);
    int (*disable)(int kind);
    int (*enable_driver)(uint32_t id, uint8_t enable); /* of CUDA 12.x on, as the next */
    int (*enable_runtime)(uint32_t id, uint8_t enable);
    int (*next_record)(uint8_t *buffer, size_t valid, uint8_t **record);
    int (*dropped)(void *context, uint32_t stream, size_t *ret);
    int (*flush_all)(uint32_t flag);
    int (*push)(int kind, uint64_t id);
    int (*pop)(int kind, uint64_t *last);
    int (*finalize)(void);
    int (*device_count)(int *ret); /* libcuda, as the next; answers an error before cuInit() */
    int (*device_pci)(char *ret, int size, int device);
    /* libtorch: whether its own profiler is on in this thread. NULL: no PyTorch, or one that does not tell. */
    bool (*pytorch_profiles)(void);
};

/* Find them all. 0; -ENODEV: no CUDA in this process yet; -ENOENT: no libcupti for it; -ENOSYS: a libcupti that lacks
 * what is needed. Opens libraries, which then stay: not for callbacks of the loader. */
int cupti_library_open(struct cupti_library *ret);

#endif
