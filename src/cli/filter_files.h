/* Names that a filter may use, from files of this host: services, /etc/hosts, cgroups. */
#ifndef INETTOP_CLI_FILTER_FILES_H
#define INETTOP_CLI_FILTER_FILES_H

#include "view/filter.h"

void filter_files_names(struct filter_names *names);

#endif
