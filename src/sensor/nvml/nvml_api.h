/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nvml_api.h - the part of NVIDIA's management library that we call, declared by ourselves.
 *
 * The library (libnvidia-ml.so.1) comes with the driver, never with us, and is opened at run time. Names, layouts and
 * numbers are those of the documented ABI ("NVML API Reference Guide", docs.nvidia.com/deploy/nvml-api), which only
 * grows: a structure that changed got a function with a new suffix. The sizes are asserted below.
 *
 * Only what JB_NVML_NEED marks must exist in the library; everything else may be NULL: an old or a cut-down library
 * (vGPU guest, Jetson, WSL) is met with what it has.
 */
#ifndef JB_SENSOR_NVML_NVML_API_H
#define JB_SENSOR_NVML_NVML_API_H

#include <stdint.h>

struct jb_diag;

struct jb_nvml_device; /* opaque: nvmlDevice_t */

enum jb_nvml_code {
    JB_NVML_SUCCESS = 0,
    JB_NVML_UNINITIALIZED = 1,
    JB_NVML_INVALID_ARGUMENT = 2,
    JB_NVML_NOT_SUPPORTED = 3,
    JB_NVML_NO_PERMISSION = 4,
    JB_NVML_NOT_FOUND = 6,
    JB_NVML_INSUFFICIENT_SIZE = 7,
    JB_NVML_INSUFFICIENT_POWER = 8,
    JB_NVML_DRIVER_NOT_LOADED = 9,
    JB_NVML_TIMEOUT = 10,
    JB_NVML_IRQ_ISSUE = 11,
    JB_NVML_LIBRARY_NOT_FOUND = 12,
    JB_NVML_FUNCTION_NOT_FOUND = 13,
    JB_NVML_GPU_IS_LOST = 15,
    JB_NVML_RESET_REQUIRED = 16,
    JB_NVML_OPERATING_SYSTEM = 17,
    JB_NVML_VERSION_MISMATCH = 18,
    JB_NVML_NO_DATA = 21,
    JB_NVML_GPU_NOT_FOUND = 28,
    JB_NVML_UNKNOWN = 999,
};

/* nvmlDeviceArchitecture_t */
enum jb_nvml_arch {
    JB_NVML_KEPLER = 2,
    JB_NVML_MAXWELL = 3,
    JB_NVML_PASCAL = 4,
    JB_NVML_VOLTA = 5,
    JB_NVML_TURING = 6,
    JB_NVML_AMPERE = 7,
    JB_NVML_ADA = 8,
    JB_NVML_HOPPER = 9,
    JB_NVML_BLACKWELL = 10,
};
#define JB_NVML_ARCH_UNKNOWN UINT32_MAX

/* Field ids of nvmlDeviceGetFieldValues. */
#define JB_NVML_FIELD_TOTAL_ENERGY  83  /* mJ since the driver was loaded */
#define JB_NVML_FIELD_POWER_AVERAGE 185 /* mW, the mean of one second */
#define JB_NVML_FIELD_POWER_INSTANT 186 /* mW */
#define JB_NVML_FIELD_POWER_LIMIT   190 /* mW, enforced now */
#define JB_NVML_FIELD_ENERGY        191 /* mJ since the driver was loaded, of the scope */

/* Scopes of the fields from 185 on. */
#define JB_NVML_SCOPE_GPU    0
#define JB_NVML_SCOPE_MODULE 1 /* of a superchip: with its CPU, all its GPUs and their memory */

#define JB_NVML_TOTAL_POWER_SAMPLES 0 /* nvmlSamplingType_t */

enum jb_nvml_value_type {
    JB_NVML_DOUBLE = 0,
    JB_NVML_UINT = 1,
    JB_NVML_ULONG = 2,
    JB_NVML_ULLONG = 3,
    JB_NVML_SLLONG = 4,
    JB_NVML_SINT = 5,
    JB_NVML_USHORT = 6,
};

union jb_nvml_value {
    double d;
    int si;
    unsigned int ui;
    unsigned long ul;
    unsigned long long ull;
    signed long long sll;
    unsigned short us;
};

struct jb_nvml_field { /* nvmlFieldValue_t */
    unsigned int field_id;
    unsigned int scope_id;
    long long timestamp_us; /* since 1970 */
    long long latency_us;
    unsigned int value_type;
    int code;
    union jb_nvml_value value;
};

struct jb_nvml_sample { /* nvmlSample_t */
    unsigned long long timestamp_us;
    union jb_nvml_value value;
};

struct jb_nvml_process_use { /* nvmlProcessUtilizationSample_t */
    unsigned int pid;
    unsigned long long timestamp_us;
    unsigned int sm_percent, memory_percent, encoder_percent, decoder_percent;
};

struct jb_nvml_process { /* nvmlProcessInfo_v2_t, which _v2 and _v3 of the call fill */
    unsigned int pid;
    unsigned long long used_bytes;
    unsigned int gpu_instance, compute_instance;
};

struct jb_nvml_process_v1 { /* nvmlProcessInfo_v1_t, which the call without a suffix fills */
    unsigned int pid;
    unsigned long long used_bytes;
};

struct jb_nvml_pci { /* nvmlPciInfo_t, which _v3 of the call fills */
    char bus_id_legacy[16];
    unsigned int domain, bus, device, pci_device, pci_subsystem;
    char bus_id[32];
};

struct jb_nvml_utilisation { /* nvmlUtilization_t */
    unsigned int gpu_percent, memory_percent;
};

struct jb_nvml_attributes { /* nvmlDeviceAttributes_t, of a MIG device */
    unsigned int multiprocessors, copy_engines, decoders, encoders, jpeg_engines, ofa_engines;
    unsigned int gpu_slices, compute_slices;
    unsigned long long memory_mib;
};

_Static_assert(sizeof(struct jb_nvml_field) == 40, "nvmlFieldValue_t");
_Static_assert(sizeof(struct jb_nvml_sample) == 16, "nvmlSample_t");
_Static_assert(sizeof(struct jb_nvml_process_use) == 32, "nvmlProcessUtilizationSample_t");
_Static_assert(sizeof(struct jb_nvml_process) == 24, "nvmlProcessInfo_v2_t");
_Static_assert(sizeof(struct jb_nvml_process_v1) == 16, "nvmlProcessInfo_v1_t");
_Static_assert(sizeof(struct jb_nvml_pci) == 68, "nvmlPciInfo_t");
_Static_assert(sizeof(struct jb_nvml_attributes) == 40, "nvmlDeviceAttributes_t");

/* The opened library. A call that the library does not have is NULL. */
struct jb_nvml_api {
    void *library;
    int (*init)(void);
    int (*shutdown)(void);
    int (*driver_version)(char *text, unsigned int size);
    int (*device_count)(unsigned int *count);
    int (*device_by_index)(unsigned int index, struct jb_nvml_device **device);
    int (*device_name)(struct jb_nvml_device *device, char *text, unsigned int size);
    int (*device_uuid)(struct jb_nvml_device *device, char *text, unsigned int size);
    int (*device_pci)(struct jb_nvml_device *device, struct jb_nvml_pci *pci);
    int (*device_arch)(struct jb_nvml_device *device, unsigned int *arch);
    int (*device_mig)(struct jb_nvml_device *device, unsigned int *current, unsigned int *pending);
    int (*mig_count)(struct jb_nvml_device *device, unsigned int *count); /* how many there can be: the slices */
    int (*mig_by_index)(struct jb_nvml_device *device, unsigned int index, struct jb_nvml_device **mig);
    int (*mig_attributes)(struct jb_nvml_device *mig, struct jb_nvml_attributes *attributes);
    int (*mig_gpu_instance)(struct jb_nvml_device *mig, unsigned int *id);
    int (*mig_compute_instance)(struct jb_nvml_device *mig, unsigned int *id);
    int (*total_energy)(struct jb_nvml_device *device, unsigned long long *energy_mj);
    int (*power_usage)(struct jb_nvml_device *device, unsigned int *power_mw);
    int (*enforced_limit)(struct jb_nvml_device *device, unsigned int *limit_mw);
    int (*default_limit)(struct jb_nvml_device *device, unsigned int *limit_mw);
    int (*field_values)(struct jb_nvml_device *device, int count, struct jb_nvml_field *fields);
    int (*samples)(struct jb_nvml_device *device, int type, unsigned long long last_seen_us, unsigned int *value_type,
                   unsigned int *count, struct jb_nvml_sample *samples);
    int (*utilisation)(struct jb_nvml_device *device, struct jb_nvml_utilisation *utilisation);
    int (*process_use)(struct jb_nvml_device *device, struct jb_nvml_process_use *uses, unsigned int *count,
                       unsigned long long last_seen_us);
    int (*processes)(struct jb_nvml_device *device, unsigned int *count, struct jb_nvml_process *processes);
    int (*processes_v1)(struct jb_nvml_device *device, unsigned int *count, struct jb_nvml_process_v1 *processes);
};

/* Open the library and find its functions; nothing in it is called. `path` NULL: libnvidia-ml.so.1. -ENODEV with the
 * reason; ret is untouched then. */
int jb_nvml_load(const char *path, struct jb_nvml_api *ret, struct jb_diag *diag);
void jb_nvml_unload(struct jb_nvml_api *api);

/* Tell why nvmlInit() failed and what mends it; returns the errno that open() should return. */
int jb_nvml_init_failure(int code, struct jb_diag *diag);

/* What a return code means, in a few words. Never NULL. */
const char *jb_nvml_error(int code);

#endif
