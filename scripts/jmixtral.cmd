@echo off
rem Runs the command line: scripts\jmixtral COMMAND ...   (without arguments: what there is)
rem Builds the jar when it is missing or older than a pom.xml, finds a JDK 25 or newer, adds the flags.
rem JMIXTRAL_JAVA_OPTS: further options for the Java virtual machine, such as -Xmx8g.
rem No delayed expansion: a prompt may hold exclamation marks.
setlocal
for %%I in ("%~dp0..") do set "ROOT=%%~fI"
set "CLI=%ROOT%\extensions\cli"

set "JDK="
if defined JAVA_HOME call :consider_jdk "%JAVA_HOME%"
for /f "delims=" %%J in ('where java 2^>nul') do for %%H in ("%%~dpJ..") do call :consider_jdk "%%~fH"
for %%V in ("Eclipse Adoptium" "Java" "Microsoft" "Zulu" "Amazon Corretto" "BellSoft" "OpenJDK") do (
  for /d %%H in ("%ProgramFiles%\%%~V\*") do call :consider_jdk "%%~H"
)
for /d %%H in ("%USERPROFILE%\.jdks\*" "%USERPROFILE%\scoop\apps\*jdk*") do call :consider_jdk "%%~H"
if not defined JDK (
  echo jmixtral needs a JDK 25 or newer and found none: install one, for example from https://adoptium.net, or set JAVA_HOME to it>&2
  exit /b 1
)

call :find_jar
set "BUILD="
if not defined JAR set "BUILD=yes"
if not exist "%CLI%\target\lib" set "BUILD=yes"
if not defined BUILD (
  for %%P in ("%ROOT%\pom.xml" "%ROOT%\extensions\pom.xml" "%ROOT%\extensions\openai\pom.xml" "%ROOT%\extensions\server\pom.xml" "%CLI%\pom.xml") do call :compare_times %%P
)
if defined BUILD (
  call :build || exit /b 1
)

"%JDK%\bin\java" "@%ROOT%\scripts\java-options" "-Djmixtral.home=%ROOT%" %JMIXTRAL_JAVA_OPTS% -cp "%JAR%;%CLI%\target\lib\*" io.github.jmixtral.cli.Main %*
exit /b %ERRORLEVEL%

rem Sets JDK to folder %1 when it is the first that holds a JDK 25 or newer.
:consider_jdk
if defined JDK exit /b 0
if not exist "%~1\bin\javac.exe" exit /b 0
if not exist "%~1\release" exit /b 0
set "VERSION=0"
for /f tokens^=2^ delims^=^=.^" %%V in ('findstr /b /c:"JAVA_VERSION=" "%~1\release"') do set "VERSION=%%V"
if %VERSION% GEQ 25 set "JDK=%~1"
exit /b 0

rem Sets BUILD when file %1 is newer than the jar: only then xcopy /l /d lists it.
:compare_times
xcopy /l /d /y "%~1" "%JAR%" | findstr /b /c:"1 " >nul && set "BUILD=yes"
exit /b 0

rem The last by time: as text 0.10 would stand before 0.9.
:find_jar
set "JAR="
for /f "delims=" %%F in ('dir /b /o:d "%CLI%\target\jmixtral-cli-*.jar" 2^>nul') do call :consider_jar "%CLI%\target\%%F" "%%~nF"
exit /b 0

:consider_jar
set "NAME=%~2"
if /i "%NAME:~-8%"=="-sources" exit /b 0
if /i "%NAME:~-8%"=="-javadoc" exit /b 0
set "JAR=%~1"
exit /b 0

:build
echo jmixtral: building the library; the first time this downloads its dependencies ...>&2
pushd "%ROOT%"
set "JAVA_HOME=%JDK%"
call mvnw.cmd -q -B -f extensions\pom.xml -pl cli -am -Dmaven.test.skip=true package 1>&2
set "RESULT=%ERRORLEVEL%"
popd
if not "%RESULT%"=="0" exit /b %RESULT%
call :find_jar
copy /b "%JAR%"+,, "%JAR%" >nul
exit /b 0
