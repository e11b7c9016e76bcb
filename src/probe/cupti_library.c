/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding libcupti; manual in cupti_library.h.
 *
 * Where pip puts it: site-packages/nvidia/cuda_cupti/lib beside nvidia/cuda_runtime/lib (CUDA 12), nvidia/cu13/lib for
 * both (CUDA 13). A toolkit: extras/CUPTI/lib64 beside lib64.
 */
#include "probe/cupti_library.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

#define PATH_SIZE 4096

struct search {
    const char *stem;
    char path[PATH_SIZE];
};

static int look_at(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size;
    struct search *search = data;
    const char *name = info->dlpi_name ? info->dlpi_name : "";
    const char *slash = strrchr(name, '/');
    size_t length = strnlen(name, PATH_SIZE);
    if (length >= PATH_SIZE || strncmp(slash ? slash + 1 : name, search->stem, strlen(search->stem)) != 0) {
        return 0;
    }
    memcpy(search->path, name, length + 1);
    return 1;
}

/* A loaded library whose file's name begins with `stem`. NULL: none is. */
static void *loaded(const char *stem, struct search *search)
{
    search->stem = stem;
    search->path[0] = '\0';
    if (dl_iterate_phdr(look_at, search) == 0) {
        return NULL;
    }
    return dlopen(search->path, RTLD_NOW | RTLD_NOLOAD);
}

/* Open FILE in the folder that lies `relative` to that of the library at `path`. */
static void *open_beside(const char *path, const char *relative, const char *file)
{
    char text[PATH_SIZE];
    const char *slash = strrchr(path, '/');
    int folder = slash ? (int)(slash - path) + 1 : 0;
    int size = slash ? snprintf(text, sizeof(text), "%.*s%s%s", folder, path, relative, file) : 0;
    if (size <= 0 || (size_t)size >= sizeof(text)) {
        return NULL;
    }
    return dlopen(text, RTLD_NOW);
}

static void *open_cupti(void)
{
    struct search search;
    void *handle = loaded("libcupti.so", &search);
    if (handle) {
        return handle;
    }
    static const char *const folders[] = {"", "../../cuda_cupti/lib/", "../extras/CUPTI/lib64/"};
    static const char *const files[] = {"libcupti.so.13", "libcupti.so.12", "libcupti.so"};
    if (loaded("libcudart.so", &search)) {
        for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && !handle; i++) {
            for (size_t j = 0; j < sizeof(files) / sizeof(files[0]) && !handle; j++) {
                handle = open_beside(search.path, folders[i], files[j]);
            }
        }
    }
    for (size_t j = 0; j < sizeof(files) / sizeof(files[0]) && !handle; j++) {
        handle = dlopen(files[j], RTLD_NOW);
    }
    return handle;
}

/* dlsym() gives object pointers, POSIX says that they may be stored so. */
static void bind(void *handle, const char *name, void *function)
{
    void *found = dlsym(handle, name);
    memcpy(function, &found, sizeof(found));
}

static void bind_pytorch(struct cupti_library *ret)
{
    struct search search;
    void *torch = loaded("libtorch_cpu.so", &search);
    if (torch) {
        bind(torch, "_ZN5torch8profiler4impl15profilerEnabledEv", &ret->pytorch_profiles);
        dlclose(torch); /* as loaded as before */
    }
}

static void bind_cupti(void *cupti, struct cupti_library *ret)
{
    bind(cupti, "cuptiGetVersion", &ret->get_version);
    bind(cupti, "cuptiGetTimestamp", &ret->get_timestamp);
    bind(cupti, "cuptiSubscribe", &ret->subscribe);
    bind(cupti, "cuptiSubscribe_v2", &ret->subscribe_v2);
    bind(cupti, "cuptiUnsubscribe", &ret->unsubscribe);
    bind(cupti, "cuptiEnableCallback", &ret->enable_callback);
    bind(cupti, "cuptiActivityRegisterCallbacks", &ret->register_callbacks);
    bind(cupti, "cuptiActivityEnable", &ret->enable);
    bind(cupti, "cuptiActivityDisable", &ret->disable);
    bind(cupti, "cuptiActivityEnableDriverApi", &ret->enable_driver);
    bind(cupti, "cuptiActivityEnableRuntimeApi", &ret->enable_runtime);
    bind(cupti, "cuptiActivityGetNextRecord", &ret->next_record);
    bind(cupti, "cuptiActivityGetNumDroppedRecords", &ret->dropped);
    bind(cupti, "cuptiActivityFlushAll", &ret->flush_all);
    bind(cupti, "cuptiActivityPushExternalCorrelationId", &ret->push);
    bind(cupti, "cuptiActivityPopExternalCorrelationId", &ret->pop);
    bind(cupti, "cuptiFinalize", &ret->finalize);
}

static bool complete(const struct cupti_library *l)
{
    return l->get_version && l->get_timestamp && (l->subscribe || l->subscribe_v2) && l->unsubscribe &&
           l->enable_callback && l->register_callbacks && l->enable && l->disable && l->next_record && l->flush_all &&
           l->push && l->pop && l->device_count;
}

static int open_all(struct cupti_library *ret)
{
    struct search search;
    void *cuda = loaded("libcuda.so", &search);
    if (!cuda) {
        return -ENODEV;
    }
    bind(cuda, "cuDeviceGetCount", &ret->device_count);
    bind(cuda, "cuDeviceGetPCIBusId", &ret->device_pci);
    int count = 0;
    if (!ret->device_count || ret->device_count(&count) != 0 || count <= 0) {
        dlclose(cuda);
        return -ENODEV;
    }
    void *cupti = open_cupti();
    if (!cupti) {
        return -ENOENT;
    }
    bind_cupti(cupti, ret);
    bind_pytorch(ret);
    return complete(ret) ? 0 : -ENOSYS;
}

int cupti_library_open(struct cupti_library *ret)
{
    struct cupti_library found = {0};
    int saved = errno;
    int rc = open_all(&found);
    (void)dlerror(); /* what we did not find is not the program's to read */
    errno = saved;
    if (rc == 0) {
        *ret = found;
    }
    return rc;
}
