/** Put in by build.mjs: where the module came from, empty in a script. */
declare const MODULE_URL: string;
