/**
 * OpenCV's glue makes a function of text for each call into WebAssembly (Emscripten's embind), which the page's security policy forbids,
 * and rightly. The two places are replaced by functions that do the same without text. They are found by their own text, so that
 * another version of the package stops the build instead of failing at the bedside.
 */
const REPLACEMENTS = [
  [
    'let[args,invokerFnBody]=createJsInvoker(argTypes,isClassMethodFunc,returns,isAsync);args.push(invokerFnBody);var invokerFn=newFunc(Function,args)(...closureArgs);',
    `var firstFreed=isClassMethodFunc?1:2;
    var invokerFn=function(...given){
      var destructors=needsDestructorStack?[]:null;
      var wired=[];
      if(isClassMethodFunc)wired.push(argTypes[1].toWireType(destructors,this));
      for(var i=0;i<argCount-2;++i)wired.push(argTypes[i+2].toWireType(destructors,given[i]));
      var result=cppInvokerFunc(cppTargetFunc,...wired);
      if(needsDestructorStack)runDestructors(destructors);
      else for(var i=firstFreed;i<argTypes.length;++i)if(argTypes[i].destructorFunction!==null)argTypes[i].destructorFunction(wired[i-firstFreed]);
      if(returns)return argTypes[0].fromWireType(result);
    };`,
  ],
  [
    'params.push(functionBody);var invokerFunction=newFunc(Function,params)(...args);',
    `var invokerFunction=function(object,callee,destructorsRef,pointer){
      var values=[];
      for(var i=0,at=0;i<argCount;++i){values.push(types[i].readValueFromPointer(pointer+at));at+=types[i].argPackAdvance}
      var result=kind===1?Reflect.construct(callee,values):callee.call(object,...values);
      if(!retType.isVoid)return emval_returnValue(retType,destructorsRef,result);
    };`,
  ],
];

/**
 * @param {string} code the package's glue
 * @returns {string} the same without functions made of text
 * @throws {Error} when it is not the text that is known
 */
export function withoutFunctionsOfText(code) {
  let changed = code;
  for (const [from, to] of REPLACEMENTS) {
    if (changed.split(from).length !== 2) throw new Error('@opencvjs/web is not the version that build/client/openCvPlugin.mjs knows');
    changed = changed.replace(from, () => to);
  }
  if (/newFunc\(Function/.test(changed)) throw new Error('@opencvjs/web still makes functions of text');
  return changed;
}

export function openCvPlugin() {
  return {
    name: 'huizhen-opencv',
    transform: { filter: { id: /@opencvjs[\\/]web[\\/]lib[\\/]opencv_js\.js/ }, handler: (/** @type {string} */ code) => ({ code: withoutFunctionsOfText(code), map: null }) },
  };
}
