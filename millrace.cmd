@echo off
rem The millrace command on Windows: builds what was never built, then runs it. Not tested on Windows.
rem
rem   MILLRACE_BUILD      auto (default), always, or never
rem   MILLRACE_JAVA_OPTS  more flags for the JVM
rem   JAVA_HOME           the Java to use (17 or newer; default: java on the PATH)
setlocal

set "HOME_DIR=%~dp0"
set "DIST=%HOME_DIR%infra\target\dist"
set "WORK=%HOME_DIR%target\launcher"

set "JAVA=java"
if defined JAVA_HOME set "JAVA=%JAVA_HOME%\bin\java"
set "VERSION="
for /f "tokens=3" %%v in ('call "%JAVA%" -version 2^>^&1 ^| findstr /c:" version "') do if not defined VERSION set "VERSION=%%~v"
set "MAJOR=0"
for /f "tokens=1 delims=.-+_" %%m in ("%VERSION%") do set "MAJOR=%%m"
if %MAJOR% lss 17 (
    echo millrace: java: %VERSION% at %JAVA% ^(expected: 17 or newer; set JAVA_HOME^) 1>&2
    exit /b 1
)

rem Training needs PyTorch's native libraries, which a first build leaves out.
set "SCOPE=-Dmillrace.serving-only"
set "WHAT=Building Millrace ^(a minute or two^)..."
set "BUILT=no"
if exist "%DIST%\built" set "BUILT=yes"
if exist "%DIST%\lib\pytorch-*-windows-*.jar" set "SCOPE=-Dmillrace.with-natives"
for %%c in (train export parity make-bundled) do if "%~1"=="%%c" if "%SCOPE%"=="-Dmillrace.serving-only" (
    set "SCOPE=-Dmillrace.with-natives"
    set "WHAT=Fetching the native training libraries ^(once^)..."
    set "BUILT=no"
)
if "%MILLRACE_BUILD%"=="always" set "BUILT=no"
if "%MILLRACE_BUILD%"=="never" set "BUILT=yes"
if "%BUILT%"=="yes" goto run

where mvn >nul 2>nul
if errorlevel 1 (
    echo millrace: no mvn on the PATH ^(expected: Maven 3.8 or newer, to build Millrace^) 1>&2
    exit /b 1
)
echo %WHAT% 1>&2
if not exist "%WORK%" mkdir "%WORK%"
pushd "%HOME_DIR%"
call mvn -B -q package -Dmaven.test.skip=true %SCOPE% -pl infra -am > "%WORK%\build.log" 2>&1 < nul
if errorlevel 1 (
    popd
    type "%WORK%\build.log" 1>&2
    echo millrace: the build failed; its output is in %WORK%\build.log 1>&2
    exit /b 1
)
popd
type nul > "%DIST%\built"

:run
"%JAVA%" -Xshare:auto -XX:-UsePerfData --enable-native-access=ALL-UNNAMED %MILLRACE_JAVA_OPTS% -cp "%DIST%\lib\*" dev.millrace.infra.cli.Millrace %*
exit /b %ERRORLEVEL%
