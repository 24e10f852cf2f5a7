// QuickJS as a command: evaluates standard input, with `print` for standard output. Exits with 1 when the script throws.

#include "quickjs.h"
#include <stdio.h>
#include <stdlib.h>

enum { SCRIPT_BYTES_MAX = 1 << 20 };

static JSValue print(JSContext *context, JSValueConst self, int count, JSValueConst *values) {
  (void)self;
  for (int index = 0; index < count; index++) {
    const char *text = JS_ToCString(context, values[index]);
    if (text == NULL) return JS_EXCEPTION;
    printf(index == 0 ? "%s" : " %s", text);
    JS_FreeCString(context, text);
  }
  putchar('\n');
  return JS_UNDEFINED;
}

static int failed(JSContext *context) {
  JSValue error = JS_GetException(context);
  const char *text = JS_ToCString(context, error);
  fprintf(stderr, "%s\n", text == NULL ? "an exception without text" : text);
  return 1;
}

int main(void) {
  static char script[SCRIPT_BYTES_MAX + 1];
  size_t length = fread(script, 1, SCRIPT_BYTES_MAX, stdin);
  JSRuntime *runtime = JS_NewRuntime();
  JSContext *context = JS_NewContext(runtime);
  JSValue global = JS_GetGlobalObject(context);
  JS_SetPropertyStr(context, global, "print", JS_NewCFunction(context, print, "print", 1));
  JS_FreeValue(context, global);
  JSValue result = JS_Eval(context, script, length, "stdin", JS_EVAL_TYPE_GLOBAL);
  if (JS_IsException(result)) return failed(context);
  JS_FreeValue(context, result);
  JSContext *job;
  int more;
  while ((more = JS_ExecutePendingJob(runtime, &job)) > 0) {
  }
  if (more < 0) return failed(job);
  JS_FreeContext(context);
  JS_FreeRuntime(runtime);
  return 0;
}
