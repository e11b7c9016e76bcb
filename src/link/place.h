/* SPDX-License-Identifier: Apache-2.0 */
/* place.h - private: the folder of the meter that serves all users. Only root, or who root gave it to, can be there. */
#ifndef JB_LINK_PLACE_H
#define JB_LINK_PLACE_H

#define JB_LINK_MACHINES_FOLDER "/run/joulebook"

#endif
