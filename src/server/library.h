/* SPDX-License-Identifier: Apache-2.0 */
/*
 * library.h - libmicrohttpd as found at run time. For src/server/ alone.
 */
#ifndef JB_SERVER_LIBRARY_H
#define JB_SERVER_LIBRARY_H

#include <microhttpd.h>

struct jb_diag;

/* The functions that we call, by the types of the library's own header. */
struct jb_mhd {
    struct MHD_Daemon *(*start_daemon)(unsigned flags, uint16_t port, MHD_AcceptPolicyCallback accept,
                                       void *accept_context, MHD_AccessHandlerCallback handler, void *handler_context,
                                       ...);
    void (*stop_daemon)(struct MHD_Daemon *daemon);
    enum MHD_Result (*is_feature_supported)(enum MHD_FEATURE feature);
    const union MHD_ConnectionInfo *(*get_connection_info)(struct MHD_Connection *connection,
                                                           enum MHD_ConnectionInfoType type, ...);
    enum MHD_Result (*set_connection_option)(struct MHD_Connection *connection, enum MHD_CONNECTION_OPTION option, ...);
    const char *(*lookup)(struct MHD_Connection *connection, enum MHD_ValueKind kind, const char *key);
    struct MHD_Response *(*response_from_buffer)(size_t size, void *buffer, enum MHD_ResponseMemoryMode mode);
    struct MHD_Response *(*response_from_fd)(uint64_t size, int fd);
    struct MHD_Response *(*response_from_callback)(uint64_t size, size_t block, MHD_ContentReaderCallback reader,
                                                   void *context, MHD_ContentReaderFreeCallback release);
    enum MHD_Result (*add_header)(struct MHD_Response *response, const char *name, const char *value);
    enum MHD_Result (*queue_response)(struct MHD_Connection *connection, unsigned status,
                                      struct MHD_Response *response);
    void (*destroy_response)(struct MHD_Response *response);
    void (*suspend)(struct MHD_Connection *connection);
    void (*resume)(struct MHD_Connection *connection);
};

/* Open the first library of `names` (ends with NULL; the usual ones: NULL). Any thread. It stays in memory, as GnuTLS
 * below it does not like to be unloaded. -ENOENT with the command that installs it. */
int jb_mhd_load(const char *const *names, struct jb_mhd *ret, struct jb_diag *diag);

#endif
