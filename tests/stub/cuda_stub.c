/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcuda.so.1 as far as src/probe/cupti*.c calls it; cupti_stub.h.
 */
#include "cupti_stub.h"

#include <stdio.h>

int cuDeviceGetCount(int *count);
int cuDeviceGetPCIBusId(char *id, int size, int device);

static struct {
    int result, devices;
} stub = {0, 2};

void stub_cuda_set(int result, int devices)
{
    stub.result = result;
    stub.devices = devices;
}

int cuDeviceGetCount(int *count)
{
    *count = stub.devices;
    return stub.result;
}

int cuDeviceGetPCIBusId(char *id, int size, int device)
{
    snprintf(id, (size_t)size, "0000:%02x:00.0", (unsigned)(device + 1) * 0x41u);
    return 0;
}
