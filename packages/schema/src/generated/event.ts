// Generated from src/fields.ts by `npm run generate`. Do not edit.

/**
 * An ECS event while it is being built; everywhere else it is an {@link EcsEvent}.
 * Unknown is absent: no empty text, zero or null stands in for a missing value.
 */
export interface EcsEventDraft {
  /** When it happened. */
  '@timestamp'?: string
  /** Text of a log message. */
  message?: string
  ecs?: {
    /** ECS version the event follows. */
    version?: string
  }
  event?: {
    /** Stream hash and sequence: the same record always has the same id. */
    id?: string
    /** event or alert. */
    kind?: string
    /** ECS categories. */
    category?: string[]
    /** ECS types. */
    type?: string[]
    /** Apple’s name of the event in lower case. */
    action?: string
    /** success, failure or unknown, where it applies. */
    outcome?: string
    /** Number of the event type. */
    code?: string
    /** Nanoseconds from its start to its end. */
    duration?: number
    /** endpoint_security, packet_capture or unified_log. */
    module?: string
    /** Sensor, such as eslogger. */
    dataset?: string
    /** Program that reported it. */
    provider?: string
    /** Position in the sensor’s stream. */
    sequence?: number
    /** When the sensor read it. */
    created?: string
    /** When the server took it. */
    ingested?: string
    /** Why, where the record says so. */
    reason?: string
    /** The record as read. Not searched by rules. */
    original?: string
  }
  agent?: {
    /** Agent that shipped it. */
    id?: string
    /** Its version. */
    version?: string
    /** pomona. */
    type?: string
  }
  host?: {
    /** Hardware UUID of the Mac. */
    id?: string
    /** Name of the Mac. */
    name?: string
    /** Network name. */
    hostname?: string
    /** arm64 or x86_64. */
    architecture?: string
    boot?: {
      /** Boot session. */
      id?: string
    }
    os?: {
      /** macos. */
      type?: string
      /** darwin. */
      family?: string
      /** macOS. */
      name?: string
      /** Version of macOS. */
      version?: string
    }
  }
  user?: {
    /** User who acted, or who signed in. */
    id?: string
    /** Name of that user. */
    name?: string
    effective?: {
      /** Effective user id of the actor. */
      id?: string
    }
    target?: {
      /** User acted on. */
      id?: string
      /** Name of the user acted on. */
      name?: string
    }
  }
  group?: {
    /** Group of the actor. */
    id?: string
    /** Directory group acted on. */
    name?: string
  }
  related?: {
    /** All user names in the event. */
    user?: string[]
    /** All addresses in the event. */
    ip?: string[]
    /** All names of other machines in the event. */
    hosts?: string[]
    /** All hashes in the event. */
    hash?: string[]
  }
  source?: {
    /** Address of who began: the client. */
    ip?: string
    /** The same, as written. */
    address?: string
    /** Port of the source. */
    port?: number
    /** Bytes the source sent. */
    bytes?: number
  }
  destination?: {
    /** Address of the destination. */
    ip?: string
    /** The same, as written. */
    address?: string
    /** Port of the destination. */
    port?: number
    /** Name of the destination. */
    domain?: string
    /** Bytes the destination sent. */
    bytes?: number
  }
  network?: {
    /** ingress or egress, seen from the Mac. */
    direction?: string
    /** tcp or udp. */
    transport?: string
    /** ipv4 or ipv6. */
    type?: string
    /** Application protocol: dns, tls or quic. */
    protocol?: string
    /** Bytes in both directions. */
    bytes?: number
    /** Hash of both ends, as other tools write it. */
    community_id?: string
    vlan?: {
      /** Outermost VLAN, where frames are tagged. */
      id?: string
    }
  }
  dns?: {
    /** Number that pairs question and answer. */
    id?: string
    /** query or answer. */
    type?: string
    question?: {
      /** Name that was asked. */
      name?: string
      /** Record type that was asked. */
      type?: string
      /** Class that was asked, nearly always IN. */
      class?: string
    }
    answers?: {
      /** Types of the records in the answer. */
      type?: string[]
      /** Their values: addresses, names and texts. */
      data?: string[]
    }
    /** Addresses in the answer. */
    resolved_ip?: string[]
    /** Result of the question. */
    response_code?: string
  }
  tls?: {
    client?: {
      /** Server name in the TLS hello. */
      server_name?: string
    }
  }
  url?: {
    /** URL in the event. */
    full?: string
  }
  dll?: {
    /** Library that was mapped. */
    path?: string
    /** Last part of its path. */
    name?: string
    code_signature?: {
      /** The image carries a signature. */
      exists?: boolean
      /** The kernel holds the signature valid. */
      valid?: boolean
      /** Platform binary, or valid with a team and not ad-hoc. An approximation from kernel facts: the certificate chain was not evaluated. */
      trusted?: boolean
      /** trusted, adhoc, invalid, untrusted or unsigned. */
      status?: string
      /** Identifier in the code signature. */
      signing_id?: string
      /** Apple developer team of the signer. */
      team_id?: string
      /** Subject of the leaf certificate. */
      subject_name?: string
      /** Names of the code-signing flags that are set. */
      flags?: string[]
    }
    hash?: {
      /** Code directory hash, lower-case hex. */
      cdhash?: string
      /** MD5 of the content. */
      md5?: string
      /** SHA-1 of the content. */
      sha1?: string
      /** SHA-256 of the content. */
      sha256?: string
    }
  }
  rule?: {
    /** Name of the mechanism’s rule, as XProtect’s. */
    name?: string
  }
  process?: {
    /** Id of this process image: hash of tenant, host, boot, pid and pid version. */
    entity_id?: string
    /** Process id. */
    pid?: number
    /** Last part of the executable path. */
    name?: string
    /** Absolute path of the executable. */
    executable?: string
    /** Arguments, the program name first; remembered from exec. */
    args?: string[]
    /** Number of arguments. */
    args_count?: number
    /** Arguments joined by blanks, quoted where needed. */
    command_line?: string
    /** Working directory at exec or after chdir. */
    working_directory?: string
    /** When the process was started. */
    start?: string
    code_signature?: {
      /** The image carries a signature. */
      exists?: boolean
      /** The kernel holds the signature valid. */
      valid?: boolean
      /** Platform binary, or valid with a team and not ad-hoc. An approximation from kernel facts: the certificate chain was not evaluated. */
      trusted?: boolean
      /** trusted, adhoc, invalid, untrusted or unsigned. */
      status?: string
      /** Identifier in the code signature. */
      signing_id?: string
      /** Apple developer team of the signer. */
      team_id?: string
      /** Subject of the leaf certificate. */
      subject_name?: string
      /** Names of the code-signing flags that are set. */
      flags?: string[]
    }
    hash?: {
      /** Code directory hash, lower-case hex. */
      cdhash?: string
      /** MD5 of the content. */
      md5?: string
      /** SHA-1 of the content. */
      sha1?: string
      /** SHA-256 of the content. */
      sha256?: string
    }
    /** Environment as NAME=value; only on exec. */
    env_vars?: string[]
    /** The process has a controlling terminal. */
    interactive?: boolean
    /** Exit status, when it ended by itself. */
    exit_code?: number
    /** When the process ended. */
    end?: string
    thread?: {
      /** Thread that acted. */
      id?: number
    }
    user?: {
      /** Effective user id. */
      id?: string
      /** Name of the effective user, where known. */
      name?: string
    }
    real_user?: {
      /** Real user id. */
      id?: string
    }
    group?: {
      /** Effective group id. */
      id?: string
    }
    real_group?: {
      /** Real group id. */
      id?: string
    }
    group_leader?: {
      /** Process group id. */
      pid?: number
    }
    session_leader?: {
      /** Session id. */
      pid?: number
    }
    previous?: {
      /** Image that exec replaced. */
      executable?: string
      /** Arguments of the image that exec replaced. */
      args?: string[]
      /** Number of those arguments. */
      args_count?: number
    }
    parent?: {
      /** Id of this process image: hash of tenant, host, boot, pid and pid version. */
      entity_id?: string
      /** Process id. */
      pid?: number
      /** Last part of the executable path. */
      name?: string
      /** Absolute path of the executable. */
      executable?: string
      /** Arguments, the program name first; remembered from exec. */
      args?: string[]
      /** Number of arguments. */
      args_count?: number
      /** Arguments joined by blanks, quoted where needed. */
      command_line?: string
      /** Working directory at exec or after chdir. */
      working_directory?: string
      /** When the process was started. */
      start?: string
      user?: {
        /** Effective user id. */
        id?: string
        /** Name of the effective user, where known. */
        name?: string
      }
      code_signature?: {
        /** The image carries a signature. */
        exists?: boolean
        /** The kernel holds the signature valid. */
        valid?: boolean
        /** Platform binary, or valid with a team and not ad-hoc. An approximation from kernel facts: the certificate chain was not evaluated. */
        trusted?: boolean
        /** trusted, adhoc, invalid, untrusted or unsigned. */
        status?: string
        /** Identifier in the code signature. */
        signing_id?: string
        /** Apple developer team of the signer. */
        team_id?: string
        /** Subject of the leaf certificate. */
        subject_name?: string
        /** Names of the code-signing flags that are set. */
        flags?: string[]
      }
      hash?: {
        /** Code directory hash, lower-case hex. */
        cdhash?: string
        /** MD5 of the content. */
        md5?: string
        /** SHA-1 of the content. */
        sha1?: string
        /** SHA-256 of the content. */
        sha256?: string
      }
    }
  }
  file?: {
    /** Absolute path; of a rename, where it went. */
    path?: string
    /** Last part of the path. */
    name?: string
    /** Path without the last part. */
    directory?: string
    /** Extension without the dot. */
    extension?: string
    /** Path of the original that was linked or copied. */
    target_path?: string
    /** file, dir, symlink, fifo, socket, block or char. */
    type?: string
    /** Inode, as text: values exceed 2^53. */
    inode?: string
    /** Device number. */
    device?: string
    /** Size in bytes. */
    size?: number
    /** Permission bits in octal, four digits. */
    mode?: string
    /** Owner user id. */
    uid?: string
    /** Owner group id. */
    gid?: string
    /** Name of the owner, where known. */
    owner?: string
    /** When the file was created. */
    created?: string
    /** When the content changed last. */
    mtime?: string
    /** When the metadata changed last. */
    ctime?: string
    /** When the file was read last. */
    accessed?: string
    /** Extended attributes the event names. */
    attributes?: string[]
    /** Media type. */
    mime_type?: string
    /** URL the file was downloaded from. */
    origin_url?: string
    /** Page the download was started on. */
    origin_referrer_url?: string
    code_signature?: {
      /** The image carries a signature. */
      exists?: boolean
      /** The kernel holds the signature valid. */
      valid?: boolean
      /** Platform binary, or valid with a team and not ad-hoc. An approximation from kernel facts: the certificate chain was not evaluated. */
      trusted?: boolean
      /** trusted, adhoc, invalid, untrusted or unsigned. */
      status?: string
      /** Identifier in the code signature. */
      signing_id?: string
      /** Apple developer team of the signer. */
      team_id?: string
      /** Subject of the leaf certificate. */
      subject_name?: string
      /** Names of the code-signing flags that are set. */
      flags?: string[]
    }
    hash?: {
      /** Code directory hash, lower-case hex. */
      cdhash?: string
      /** MD5 of the content. */
      md5?: string
      /** SHA-1 of the content. */
      sha1?: string
      /** SHA-256 of the content. */
      sha256?: string
    }
  }
  macos?: {
    process?: {
      /** Rises with every exec; with the pid it names one image. */
      pidversion?: number
      /** Part of macOS. */
      platform_binary?: boolean
      /** Pid of the parent at start. */
      original_parent_pid?: number
      /** Image that exec replaced. */
      previous_entity_id?: string
      /** The process is an Endpoint Security client. */
      is_es_client?: boolean
      /** Code-signing flags as one number. */
      codesigning_flags?: number
      /** Validation category, message version 10 and later. */
      cs_validation_category?: number
      /** Path of the controlling terminal. */
      tty?: string
      /** Audit (login) user id. */
      audit_user_id?: string
      /** Audit session id. */
      audit_session_id?: string
      /** Script that the interpreter was started for. */
      script?: string
      /** Path dyld was given. */
      dyld_exec_path?: string
      /** Mach-O CPU type of the image. */
      cpu_type?: number
      /** Names of the entitlements, message version 11 and later. */
      entitlements?: string[]
      /** First 16 bytes of the program; only on exec. */
      header_bytes?: string
      /** Its com.apple.quarantine; only on exec. */
      quarantine?: string
      /** Where it came from; only on exec. */
      origin_url?: string
      /** Signal that ended the process. */
      signal?: number
    }
    parent?: {
      /** Rises with every exec; with the pid it names one image. */
      pidversion?: number
      /** Part of macOS. */
      platform_binary?: boolean
    }
    responsible?: {
      /** Id of the process image. */
      entity_id?: string
      /** Process id. */
      pid?: number
      /** Rises with every exec; with the pid it names one image. */
      pidversion?: number
      /** Part of macOS. */
      platform_binary?: boolean
      /** Last part of the executable path. */
      name?: string
      /** Absolute path of the executable. */
      executable?: string
      /** Arguments, remembered from exec. */
      args?: string[]
      /** Arguments joined by blanks. */
      command_line?: string
      user?: {
        /** Effective user id. */
        id?: string
      }
      code_signature?: {
        /** The image carries a signature. */
        exists?: boolean
        /** As process.code_signature.trusted. */
        trusted?: boolean
        /** Identifier in the code signature. */
        signing_id?: string
        /** Apple developer team of the signer. */
        team_id?: string
      }
      hash?: {
        /** Code directory hash, lower-case hex. */
        cdhash?: string
      }
    }
    reporter?: {
      /** Id of the process image. */
      entity_id?: string
      /** Process id. */
      pid?: number
      /** Rises with every exec; with the pid it names one image. */
      pidversion?: number
      /** Part of macOS. */
      platform_binary?: boolean
      /** Last part of the executable path. */
      name?: string
      /** Absolute path of the executable. */
      executable?: string
      /** Arguments, remembered from exec. */
      args?: string[]
      /** Arguments joined by blanks. */
      command_line?: string
      user?: {
        /** Effective user id. */
        id?: string
      }
      code_signature?: {
        /** The image carries a signature. */
        exists?: boolean
        /** As process.code_signature.trusted. */
        trusted?: boolean
        /** Identifier in the code signature. */
        signing_id?: string
        /** Apple developer team of the signer. */
        team_id?: string
      }
      hash?: {
        /** Code directory hash, lower-case hex. */
        cdhash?: string
      }
    }
    target?: {
      process?: {
        /** Id of the process image. */
        entity_id?: string
        /** Process id. */
        pid?: number
        /** Rises with every exec; with the pid it names one image. */
        pidversion?: number
        /** Part of macOS. */
        platform_binary?: boolean
        /** Last part of the executable path. */
        name?: string
        /** Absolute path of the executable. */
        executable?: string
        /** Arguments, remembered from exec. */
        args?: string[]
        /** Arguments joined by blanks. */
        command_line?: string
        user?: {
          /** Effective user id. */
          id?: string
        }
        code_signature?: {
          /** The image carries a signature. */
          exists?: boolean
          /** As process.code_signature.trusted. */
          trusted?: boolean
          /** Identifier in the code signature. */
          signing_id?: string
          /** Apple developer team of the signer. */
          team_id?: string
        }
        hash?: {
          /** Code directory hash, lower-case hex. */
          cdhash?: string
        }
      }
    }
    es?: {
      /** Message version of the Endpoint Security record. */
      version?: number
      /** Sequence number within the event type. */
      sequence?: number
      /** Sequence number over all event types. */
      global_sequence?: number
      /** Mach absolute time, as text. */
      mach_time?: string
    }
    file?: {
      /** Path before a rename. */
      original_path?: string
      /** Name before a rename. */
      original_name?: string
      /** Extension before it. */
      original_extension?: string
      /** Mode being set, in octal. */
      requested_mode?: string
      /** BSD flags being set. */
      requested_flags?: number
      /** Owner being set. */
      requested_user_id?: string
      /** Group being set. */
      requested_group_id?: string
      /** BSD file flags. */
      flags?: number
      /** The kernel cut the path. */
      path_truncated?: boolean
      /** The file was changed while open. */
      modified?: boolean
      /** Kernel open flags: 1 read, 2 write. */
      open_flags?: number
      /** First 16 bytes, lower-case hex. */
      header_bytes?: string
      /** Value of com.apple.quarantine. */
      quarantine?: string
    }
    xattr?: {
      /** Extended attribute that was read, set or deleted. */
      name?: string
    }
    memory?: {
      /** Memory protection: 1 read, 2 write, 4 execute. */
      protection?: number
      /** Highest protection allowed. */
      max_protection?: number
      /** Address, as text. */
      address?: string
      /** Length in bytes, as text. */
      size?: string
    }
    signal?: {
      /** Signal sent. */
      number?: number
    }
    task?: {
      /** How another task was accessed. */
      access?: string
    }
    iokit?: {
      /** IOKit user client class. */
      user_client_class?: string
      /** IOKit user client type. */
      user_client_type?: number
    }
    kext?: {
      /** Bundle id of the kernel extension. */
      identifier?: string
    }
    mount?: {
      /** Where the volume is mounted. */
      path?: string
      /** What is mounted. */
      source?: string
      /** File system type. */
      file_system?: string
      /** Mount flags. */
      flags?: number
      /** external, internal, network, virtual or nullfs. */
      disposition?: string
    }
    persistence?: {
      /** user_item, app, login_item, agent or daemon. */
      type?: string
      /** Last part of the item. */
      name?: string
      /** Path of the property list or app. */
      path?: string
      /** What will run. */
      executable?: string
      /** Program arguments of the job. */
      args?: string[]
      /** The job runs when loaded. */
      run_at_load?: boolean
      /** The job is restarted when it ends. */
      keep_alive?: boolean
      /** A property list in a launch folder. */
      legacy?: boolean
      /** Installed by a profile. */
      managed?: boolean
      /** User the item belongs to. */
      user_id?: string
      /** App the item belongs to. */
      app_path?: string
    }
    tcc?: {
      /** Privacy service, without the kTCCService prefix. */
      service?: string
      /** Client that was granted or refused. */
      identity?: string
      /** bundle_id, executable_path, policy_id or file_provider_domain_id. */
      identity_type?: string
      /** create, modify or delete. */
      update_type?: string
      /** denied, allowed, limited … */
      right?: string
      /** user_consent, user_set, mdm_policy … */
      reason?: string
    }
    authentication?: {
      /** od, touchid, token, auto_unlock; or how a session was opened. */
      method?: string
      /** Result of an SSH login by name. */
      result?: string
      /** Directory record that authenticated. */
      record?: string
      /** Why it failed. */
      failure?: string
      /** verification, identification. */
      touchid_mode?: string
      /** machine_unlock or auth_prompt. */
      auto_unlock?: string
      /** Token, such as a smart card. */
      token_id?: string
      /** Key on that token. */
      public_key_hash?: string
      /** Principal. */
      kerberos_principal?: string
    }
    session?: {
      /** Graphical session. */
      graphical_id?: number
    }
    screensharing?: {
      /** Apple account of the viewer. */
      viewer?: string
      /** Joined a session that was open. */
      existing_session?: boolean
    }
    authorization?: {
      /** Authorization rights asked or judged. */
      rights?: string[]
      /** Rights that were granted. */
      granted?: string[]
      /** Result of authd. */
      return_code?: number
      petitioner?: {
        /** Process the right is for. */
        pid?: number
        /** Process the right is for. */
        entity_id?: string
        /** Process the right is for. */
        executable?: string
      }
    }
    sudo?: {
      /** Command that sudo was asked to run. */
      command?: string
      /** sudo plugin that refused. */
      rejected_by?: string
    }
    su?: {
      /** Shell that su starts. */
      shell?: string
      /** Arguments of the shell su starts. */
      args?: string[]
    }
    directory?: {
      /** Open Directory node. */
      node?: string
      /** Path of the node’s database. */
      database?: string
      /** Result; 0 is success. */
      error_code?: number
      /** user or group. */
      record_type?: string
      /** Record that changed. */
      record_name?: string
      /** Attribute that changed. */
      attribute?: string
      /** Values set, added or removed. */
      values?: string[]
      /** Members added, removed or set. */
      members?: string[]
    }
    profile?: {
      /** Configuration profile. */
      identifier?: string
      /** UUID of the profile. */
      uuid?: string
      /** Display name. */
      name?: string
      /** Organisation named in it. */
      organization?: string
      /** managed or user. */
      install_source?: string
      /** System or user. */
      scope?: string
      /** Replaced an installed profile. */
      update?: boolean
    }
    xprotect?: {
      /** Name XProtect gives the malware. */
      malware?: string
      /** Version of the signatures. */
      signature_version?: string
      /** Ties detection and remediation. */
      incident?: string
      /** What the remediation did. */
      action?: string
      /** How the remediation ended. */
      result?: string
    }
    gatekeeper?: {
      /** How the file was named: path or file. */
      identity_type?: string
      /** Result of Gatekeeper’s look at a file; what its numbers mean is not documented. */
      scan_result?: number
      /** Hash macOS writes for its path. */
      path_hash?: string
      /** Bundle the file belongs to. */
      bundle_id?: string
    }
    dns?: {
      /** Hash macOS writes for the name asked. */
      name_hash?: string
    }
    log?: {
      /** Subsystem of a log message. */
      subsystem?: string
      /** Category of a log message. */
      category?: string
      /** Default, Info, Debug, Error or Fault. */
      level?: string
    }
    xpc?: {
      /** XPC service. */
      service?: string
      /** Where the service lives. */
      domain?: string
    }
    socket?: {
      /** Path of the UNIX socket. */
      path?: string
    }
    network?: {
      /** Interface, such as en0 or lo0. */
      interface?: string
      /** How the process was found: table (its pid is that of a process known then, and the names agree), snapshot (of a process list, no pid version), packet (only what the kernel wrote beside the packet). The kernel states no pid version with packets. */
      attribution?: string
      /** LC_UUID of the process’s image. */
      image_uuid?: string
      /** How it ended: closed, reset or refused. */
      end?: string
    }
    tls?: {
      /** JA4 fingerprint of the TLS client. */
      ja4?: string
      /** Protocols it offered (ALPN). */
      protocols?: string[]
      /** Highest TLS version it offered. */
      version?: string
    }
    setid?: {
      /** User id that was set. */
      user_id?: string
      /** Group id that was set. */
      group_id?: string
      /** Real user id that was set. */
      real_user_id?: string
      /** Real group id that was set. */
      real_group_id?: string
    }
    pty?: {
      /** Device number of the pseudo-terminal. */
      device?: string
    }
  }
}
