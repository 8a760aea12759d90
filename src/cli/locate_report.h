/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The report of --locate: the rows of the reference path as they come, the ports' verdicts.
 */
#ifndef TTR_CLI_LOCATE_REPORT_H
#define TTR_CLI_LOCATE_REPORT_H

#include "cli/report.h"

extern const struct ttr_session_handler ttr_locate_report_handler; /* its context is the report */

#endif
