/* Debug log of the whole program: nothing is written until log_open(), which main calls with the
 * value of secure_getenv("INETTOP_DEBUG"). */
#ifndef INETTOP_BASE_LOG_H
#define INETTOP_BASE_LOG_H

/* Appends to path from now on; a new file has mode 0600, a symbolic link is refused: 0, -errno. */
int log_open(const char *path);
void log_close(void);

/* One line, cleaned, behind the time in ms since log_open() and the thread id. Any thread may call
 * it; errno is kept. */
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
